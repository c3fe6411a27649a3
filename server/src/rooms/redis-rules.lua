-- The rules of a room in the language that Redis runs: `room.ts` and `room-record.ts` once more, function by function
-- and under the same names. `store.contract.ts` and `store-equivalence.contract.ts` hold both to the same answers.
--
-- Redis defines `redis`, `cmsgpack`, KEYS and ARGV. KEYS[1] is the room; ARGV is the step, the clock's offset (tests
-- only) and the arguments of the step. An answer is a list whose first element is the outcome; `false` stands for
-- nobody. `redis-rules.ts` writes these before this text, as locals:
--   SEAT_LEASE_MS, SEAT_RESERVATION_MS, MAX_EVICTIONS, ROOM_TTL_MS, SESSION_TTL_MS, DESTROY_ON_PEER_LEAVE
---@diagnostic disable: undefined-global, deprecated

local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]

local function save(room)
  redis.call('SET', key, cmsgpack.pack(room), 'PXAT', string.format('%.0f', room.endsAt))
end

local function drop() redis.call('DEL', key) end

local function otherSeat(seat) return seat == '0' and '1' or '0' end

-- The record, as in room-record.ts. A room that is past its time never gets here, see the last lines.

local function isLive(seat) return now < seat.seenAt + SEAT_LEASE_MS end

local function isKept(room, seat)
  local isReserved = room.established and room.protocol == '2'
  return now < seat.seenAt + (isReserved and SEAT_RESERVATION_MS or SEAT_LEASE_MS)
end

local function isOver(room)
  if not room.established or not DESTROY_ON_PEER_LEAVE then return false end
  for _, seat in pairs(room.seats) do
    if not isKept(room, seat) then return true end
  end
  return false
end

local function keptSeat(room, seat)
  local record = room.seats[seat]
  return record and isKept(room, record) and record or nil
end

local function ownSeat(room, seat, occupant)
  local record = room and keptSeat(room, seat)
  return record and not record.reportedLost and record.occupant == occupant and record or nil
end

local function holdsSeat(room, seat, occupant)
  return room and room.seats[seat] and room.seats[seat].occupant == occupant
end

local function newSeatRecord(token, occupant)
  return { token = token, occupant = occupant, seenAt = now, secure = false, reportedLost = false }
end

local function vacate(room, seat) room.seats[seat], room.established = nil, false end

local function newRoom(protocol, admit, endsAt)
  return {
    protocol = protocol, admit = admit, endsAt = endsAt,
    established = false, started = false, evictions = 0, seats = {},
  }
end

-- The steps, as in room.ts: each gets the room (nil where there is none) and its own arguments.

local steps = {}

local function matchesRequest(room, protocol, admit)
  return room.protocol == protocol and (protocol == 'classic' or room.admit == admit)
end

local function chooseSeat(room, wanted)
  if room.established and DESTROY_ON_PEER_LEAVE then return nil end
  local free = (not keptSeat(room, '0') and '0') or (not keptSeat(room, '1') and '1') or nil
  if wanted == '' then return free end
  if not keptSeat(room, wanted) then return wanted end
  return not DESTROY_ON_PEER_LEAVE and free or nil
end

local function seated(room, seat)
  local opposite = room.seats[otherSeat(seat)]
  local other = opposite and isLive(opposite) and opposite.occupant or false
  return seat, other, room.established and 1 or 0, room.endsAt - now
end

local function occupantOpposite(room, seat)
  local opposite = room.seats[otherSeat(seat)]
  return opposite and opposite.occupant or false
end

function steps.create(_, protocol, admit)
  save(newRoom(protocol, admit, now + ROOM_TTL_MS))
  return { 'created' }
end

function steps.classicTtl(room)
  if not room or room.protocol ~= 'classic' or isOver(room) then return { 'room-gone' } end
  return { 'classic', room.endsAt - now }
end

function steps.join(room, protocol, admit, wanted, token, occupant)
  if not room or isOver(room) or not matchesRequest(room, protocol, admit) then return { 'room-gone' } end
  local seat = chooseSeat(room, wanted)
  if not seat then
    local full = { 'room-full' }
    for _, taken in ipairs({ '0', '1' }) do
      local record = room.seats[taken]
      if record and isLive(record) then full[#full + 1] = record.occupant end
    end
    return full
  end
  local opposite = keptSeat(room, otherSeat(seat))
  room.seats = { [seat] = newSeatRecord(token, occupant), [otherSeat(seat)] = opposite }
  room.established = room.protocol == 'classic' and opposite ~= nil
  save(room)
  return { 'seated', seated(room, seat) }
end

function steps.resume(room, token, occupant)
  if not room or room.protocol ~= '2' or isOver(room) then return { 'lease-over' } end
  for _, seat in ipairs({ '0', '1' }) do
    local record = keptSeat(room, seat)
    if record and record.token == token then
      local replaced = record.occupant ~= occupant and record.occupant
      record.occupant, record.seenAt, record.reportedLost = occupant, now, false
      save(room)
      return { 'seated', room.admit, replaced, seated(room, seat) }
    end
  end
  return { 'lease-over' }
end

function steps.renew(room, seat, occupant)
  local own = ownSeat(room, seat, occupant)
  if not own then return { 'unknown' } end
  local opposite = room.seats[otherSeat(seat)]
  local isSilent = opposite and not isLive(opposite)
  local lost = isSilent and not opposite.reportedLost and opposite.occupant or false
  if isOver(room) then
    drop()
    return { 'ended', lost }
  end
  local other = opposite and not isSilent and opposite.occupant or false
  own.seenAt = now
  if isSilent and isKept(room, opposite) then opposite.reportedLost = true
  elseif isSilent then vacate(room, otherSeat(seat)) end
  save(room)
  return { 'kept', other, lost, room.endsAt - now }
end

function steps.establish(room, seat, occupant)
  local own = ownSeat(room, seat, occupant)
  if not own or room.protocol ~= '2' or isOver(room) then return { 'unknown' } end
  own.secure, own.seenAt = true, now
  if not room.established and keptSeat(room, otherSeat(seat)) then
    if not room.started then room.endsAt = now + SESSION_TTL_MS end
    room.established, room.started = true, true
  end
  save(room)
  return { 'established', room.endsAt - now }
end

function steps.evict(room, occupant)
  local own, evicted = ownSeat(room, '0', occupant), room and keptSeat(room, '1')
  local mayEvict = room and room.protocol == '2' and not isOver(room) and room.evictions < MAX_EVICTIONS
  if not mayEvict or not own or own.secure or not evicted then return { 'nobody' } end
  vacate(room, '1')
  room.started, room.evictions = false, room.evictions + 1
  save(room)
  return { 'evicted', evicted.occupant }
end

function steps.leave(room, seat, occupant, departure)
  if not holdsSeat(room, seat, occupant) then return { 'unknown', false } end
  if room.protocol == '2' and room.established and departure == 'dropped' then return { 'kept', false } end
  local other = occupantOpposite(room, seat)
  local endsClassic = room.protocol == 'classic' and departure == 'said'
  if DESTROY_ON_PEER_LEAVE and (room.established or endsClassic) then
    drop()
    return { 'ended', other }
  end
  vacate(room, seat)
  save(room)
  return { 'kept', other }
end

function steps.destroy(room, seat, occupant)
  if not holdsSeat(room, seat, occupant) then return { 'unknown', false } end
  drop()
  return { 'ended', occupantOpposite(room, seat) }
end

function steps.restore(room, lost, protocol, admit, established, ttlMs, seat, token, occupant)
  if not room and lost == '0' then return { 'over' } end
  local endsAt = now + math.min(ttlMs, math.max(ROOM_TTL_MS, SESSION_TTL_MS))
  room = room or newRoom(protocol, admit, endsAt)
  local record = keptSeat(room, seat)
  if record and record.occupant ~= occupant then return { 'over' } end
  if now >= room.endsAt or isOver(room) or not matchesRequest(room, protocol, admit) then return { 'over' } end
  local isPaired = room.protocol == 'classic' and keptSeat(room, otherSeat(seat)) ~= nil
  room.seats[seat] = newSeatRecord(token, occupant)
  room.seats[seat].secure = established == '1'
  room.established = room.established or established == '1' or isPaired
  room.started = room.started or room.established
  save(room)
  return { 'restored' }
end

-- Run the step that ARGV names. Redis may take a moment to expire a key, so a room past its time is no room.

local packed = redis.call('GET', key)
local room = packed and cmsgpack.unpack(packed)
if room and now >= room.endsAt then room = nil end
return steps[ARGV[1]](room or nil, unpack(ARGV, 3))
