import { describe, expect, test } from "vitest";
import { openText, sealText } from "./frames.ts";
import { keyUpgrade, type UpgradeMessage, type UpgradeStep } from "./key-upgrade.ts";

const linkKey = new Uint8Array(32).fill(7);

function said({ reply }: UpgradeStep): UpgradeMessage {
  if (!reply) throw new Error("nothing was said");
  return reply;
}

async function upToEncap(responderKey = linkKey) {
  const initiator = keyUpgrade(0, linkKey);
  const responder = keyUpgrade(1, responderKey);
  expect(await responder.begin()).toEqual({});
  const hello = said(await initiator.begin());
  const encap = said(await responder.take(hello));
  if (encap.type !== "pq-encap") throw new Error("not the second message");
  return { initiator, responder, hello, encap };
}

/** Change the first byte of a base64 text. */
function changed(data: string): string {
  return (data.startsWith("A") ? "B" : "A") + data.slice(1);
}

describe("the key upgrade", () => {
  test("gives both sides one key, which is no part of the link's", async () => {
    const { initiator, responder, encap } = await upToEncap();
    const finished = await initiator.take(encap);
    const { key } = await responder.take(said(finished));
    if (!key || !finished.key) throw new Error("no key");
    expect(await openText(key, await sealText(finished.key, "hello"))).toBe("hello");
    expect(key.extractable).toBe(false);
    const old = await crypto.subtle.importKey("raw", linkKey, "AES-GCM", false, ["decrypt"]);
    await expect(openText(old, await sealText(key, "hello"))).rejects.toMatchObject({
      code: "E_RECORD_AUTH",
    });
  });

  test("another link gives another key, which shows with the first frame", async () => {
    const { initiator, responder, encap } = await upToEncap(new Uint8Array(32));
    const finished = await initiator.take(encap);
    const { key } = await responder.take(said(finished));
    if (!key || !finished.key) throw new Error("no key");
    await expect(openText(key, await sealText(finished.key, "x"))).rejects.toMatchObject({
      code: "E_RECORD_AUTH",
    });
  });

  test("a wrong confirmation is refused by either side, and so is a changed ciphertext", async () => {
    const wrongConfirm = await upToEncap();
    const { encap } = wrongConfirm;
    await expect(
      wrongConfirm.initiator.take({ ...encap, confirm: changed(encap.confirm) }),
    ).rejects.toMatchObject({ code: "E_HS_CONFIRM" });

    const wrongText = await upToEncap();
    await expect(
      wrongText.initiator.take({ ...wrongText.encap, data: changed(wrongText.encap.data) }),
    ).rejects.toMatchObject({ code: "E_HS_CONFIRM" });

    const wrongEnd = await upToEncap();
    await expect(
      wrongEnd.responder.take({ type: "pq-confirm", data: wrongEnd.encap.confirm }),
    ).rejects.toMatchObject({ code: "E_HS_CONFIRM" });
  });

  test.each([
    ["no base64", "!"],
    ["too short", btoa("short")],
    ["all ones, which fails the modulus check", btoa("\xff".repeat(1184))],
  ])("an encapsulation key that is %s is refused", async (_, data) => {
    const responder = keyUpgrade(1, linkKey);
    await expect(responder.take({ type: "pq-pubkey", data })).rejects.toMatchObject({ code: "E_HS_KEM" });
  });

  test("one ciphertext is taken, whatever it was", async () => {
    const { initiator, encap } = await upToEncap();
    await expect(initiator.take({ ...encap, data: "AAAA" })).rejects.toMatchObject({ code: "E_HS_KEM" });
    await expect(initiator.take(encap)).rejects.toMatchObject({ code: "E_HS_KEM" });
  });

  test("messages out of order are refused", async () => {
    const { initiator, responder, hello, encap } = await upToEncap();
    await expect(initiator.take(hello)).rejects.toMatchObject({ code: "E_HS_KEM" });
    await expect(responder.take(hello)).rejects.toMatchObject({ code: "E_HS_KEM" });
    await expect(responder.take(encap)).rejects.toMatchObject({ code: "E_HS_KEM" });
    const fresh = keyUpgrade(1, linkKey);
    await expect(fresh.take({ type: "pq-confirm", data: "" })).rejects.toMatchObject({ code: "E_HS_KEM" });
  });

  test("after a wipe nothing can be finished", async () => {
    const { initiator, responder, encap } = await upToEncap();
    initiator.wipe();
    initiator.wipe();
    responder.wipe();
    await expect(initiator.take(encap)).rejects.toMatchObject({ code: "E_HS_KEM" });
    await expect(responder.take({ type: "pq-confirm", data: "" })).rejects.toMatchObject({
      code: "E_HS_KEM",
    });
  });
});
