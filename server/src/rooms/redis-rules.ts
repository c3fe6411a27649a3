import { SEAT_LEASE_MS, SEAT_RESERVATION_MS } from "@nullroom/core/limits";
import type { RoomRules } from "./store.ts";

/**
 * `room.ts` and `room-record.ts` once more, in Lua, function by function and under the same names, because
 * only what Redis runs by itself is one atomic step in one round trip. `store.contract.ts` runs random
 * sequences over both and compares every answer.
 *
 * KEYS[1] is the room; ARGV is the step, the clock's offset (tests only) and the step's own arguments. An answer
 * is a list whose first element is the outcome; `false` stands for nobody.
 */
export function roomScript({ roomTtlMs, sessionTtlMs, destroyOnPeerLeave }: RoomRules): string {
  return `
local LEASE_MS, RESERVATION_MS, MAX_EVICTIONS = ${SEAT_LEASE_MS}, ${SEAT_RESERVATION_MS}, 3
local ROOM_TTL_MS, SESSION_TTL_MS, DESTROY_ON_PEER_LEAVE = ${roomTtlMs}, ${sessionTtlMs}, ${destroyOnPeerLeave}
${RECORD}${STEPS}${STEPS_AFTER_JOINING}${RUN}`;
}

const RECORD = `
local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]

local function save(room)
  redis.call('SET', key, cmsgpack.pack(room), 'PXAT', string.format('%.0f', room.endsAt))
end
local function drop() redis.call('DEL', key) end
local function opposite(seat) return seat == '0' and '1' or '0' end

local function isLive(seat) return now < seat.seenAt + LEASE_MS end
local function isKept(room, seat)
  local reserved = room.established and room.protocol == '2'
  return now < seat.seenAt + (reserved and RESERVATION_MS or LEASE_MS)
end
local function keptSeat(room, seat)
  local record = room.seats[seat]
  return record and isKept(room, record) and record or nil
end
local function isOver(room)
  if not room.established or not DESTROY_ON_PEER_LEAVE then return false end
  for _, seat in pairs(room.seats) do
    if not isKept(room, seat) then return true end
  end
  return false
end
local function ownSeat(room, seat, occupant)
  local record = room and keptSeat(room, seat)
  return record and not record.mourned and record.occupant == occupant and record or nil
end
local function sitDown(token, occupant)
  return { token = token, occupant = occupant, seenAt = now, secure = false, mourned = false }
end
local function vacate(room, seat) room.seats[seat], room.established = nil, false end
local function isMeant(room, protocol, admit)
  return room.protocol == protocol and (protocol == 'classic' or room.admit == admit)
end
local function create(protocol, admit, endsAt)
  return { protocol = protocol, admit = admit, endsAt = endsAt, established = false, started = false,
    evictions = 0, seats = {} }
end
local function otherOf(room, seat)
  local record = room.seats[opposite(seat)]
  return record and record.occupant or false
end
local function seated(room, seat)
  local record = room.seats[opposite(seat)]
  return seat, record and isLive(record) and record.occupant or false, room.established and 1 or 0, room.endsAt - now
end
`;

const STEPS = `
local steps = {}

function steps.create(_, protocol, admit)
  save(create(protocol, admit, now + ROOM_TTL_MS))
  return { 'created' }
end

function steps.classicTtl(room)
  if not room or room.protocol ~= 'classic' or isOver(room) then return { 'room-gone' } end
  return { 'classic', room.endsAt - now }
end

local function chooseSeat(room, wanted)
  if room.established and DESTROY_ON_PEER_LEAVE then return nil end
  local free = (not keptSeat(room, '0') and '0') or (not keptSeat(room, '1') and '1') or nil
  if wanted == '' then return free end
  if not keptSeat(room, wanted) then return wanted end
  return not DESTROY_ON_PEER_LEAVE and free or nil
end

function steps.join(room, protocol, admit, wanted, token, occupant)
  if not room or isOver(room) or not isMeant(room, protocol, admit) then return { 'room-gone' } end
  local seat = chooseSeat(room, wanted)
  if not seat then
    local full = { 'room-full' }
    for _, at in ipairs({ '0', '1' }) do
      local record = room.seats[at]
      if record and isLive(record) then full[#full + 1] = record.occupant end
    end
    return full
  end
  local across = keptSeat(room, opposite(seat))
  room.seats = { [seat] = sitDown(token, occupant), [opposite(seat)] = across }
  room.established = room.protocol == 'classic' and across ~= nil
  save(room)
  return { 'seated', seated(room, seat) }
end
`;

const STEPS_AFTER_JOINING = `
function steps.resume(room, token, occupant)
  if not room or room.protocol ~= '2' or isOver(room) then return { 'lease-over' } end
  for _, seat in ipairs({ '0', '1' }) do
    local record = keptSeat(room, seat)
    if record and record.token == token then
      local replaced = record.occupant ~= occupant and record.occupant
      record.occupant, record.seenAt, record.mourned = occupant, now, false
      save(room)
      return { 'seated', room.admit, replaced, seated(room, seat) }
    end
  end
  return { 'lease-over' }
end

function steps.renew(room, seat, occupant)
  local own = ownSeat(room, seat, occupant)
  if not own then return { 'unknown' } end
  local across = room.seats[opposite(seat)]
  local silent = across and not isLive(across)
  local lost = silent and not across.mourned and across.occupant
  if isOver(room) then drop() return { 'ended', lost or false } end
  local other = across and not silent and across.occupant or false
  own.seenAt = now
  if silent and isKept(room, across) then across.mourned = true
  elseif silent then vacate(room, opposite(seat)) end
  save(room)
  return { 'kept', other, lost or false, room.endsAt - now }
end

function steps.establish(room, seat, occupant)
  local own = ownSeat(room, seat, occupant)
  if not own or room.protocol ~= '2' or isOver(room) then return { 'unknown' } end
  own.secure, own.seenAt = true, now
  if not room.established and keptSeat(room, opposite(seat)) then
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

local function sits(room, seat, occupant)
  return room and room.seats[seat] and room.seats[seat].occupant == occupant
end

function steps.leave(room, seat, occupant, departure)
  if not sits(room, seat, occupant) then return { 'unknown', false } end
  if room.protocol == '2' and room.established and departure == 'dropped' then return { 'kept', false } end
  local other = otherOf(room, seat)
  local endsClassic = room.protocol == 'classic' and departure == 'said'
  if DESTROY_ON_PEER_LEAVE and (room.established or endsClassic) then drop() return { 'ended', other } end
  vacate(room, seat)
  save(room)
  return { 'kept', other }
end

function steps.destroy(room, seat, occupant)
  if not sits(room, seat, occupant) then return { 'unknown', false } end
  drop()
  return { 'ended', otherOf(room, seat) }
end

function steps.restore(room, lost, protocol, admit, established, ttlMs, seat, token, occupant)
  if not room and lost == '0' then return { 'over' } end
  local endsAt = now + math.min(ttlMs, math.max(ROOM_TTL_MS, SESSION_TTL_MS))
  room = room or create(protocol, admit, endsAt)
  local record = keptSeat(room, seat)
  if record and record.occupant ~= occupant then return { 'over' } end
  if now >= room.endsAt or isOver(room) or not isMeant(room, protocol, admit) then return { 'over' } end
  local paired = room.protocol == 'classic' and keptSeat(room, opposite(seat)) ~= nil
  room.seats[seat] = sitDown(token, occupant)
  room.seats[seat].secure = established == '1'
  room.established = room.established or established == '1' or paired
  room.started = room.started or room.established
  save(room)
  return { 'restored' }
end
`;

const RUN = `
local packed = redis.call('GET', key)
local room = packed and cmsgpack.unpack(packed)
if room and now >= room.endsAt then room = nil end
return steps[ARGV[1]](room or nil, unpack(ARGV, 3))
`;
