import { asRefusal } from "../errors.ts";
import type { Kem } from "./kem.ts";
import { isSupported, nativeKem } from "./kem-native.ts";

/**
 * Load the runtime's own ML-KEM if it says that it has one, else fetch the portable one. Which one it is changes nothing
 * on the wire. @throws "E_SERVER" where its code cannot be fetched
 */
export async function loadKem(): Promise<Kem> {
  return isSupported() ? nativeKem : loadPortableKem();
}

/** @throws "E_SERVER" where its code cannot be fetched */
export async function loadPortableKem(): Promise<Kem> {
  try {
    const { portableKem } = await import("./kem-portable.ts");
    return portableKem;
  } catch (thrown) {
    throw asRefusal(thrown, "E_SERVER", "the portable KEM cannot be fetched");
  }
}
