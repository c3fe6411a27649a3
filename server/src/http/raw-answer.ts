import { STATUS_CODES } from "node:http";
import type { RefusalCode } from "@nullroom/core/errors";
import { dataHeaders } from "./headers.ts";

/** A whole refusal for a socket that the HTTP library does not answer, with the headers that all other answers have. */
export function rawAnswer(status: number, code: RefusalCode, secure: boolean): string {
  const body = JSON.stringify({ error: code });
  const headers = {
    ...dataHeaders({ secure }),
    "content-type": "application/json",
    "cache-control": "no-store",
    "content-length": String(body.length),
    connection: "close",
    ...(status === 503 ? { "retry-after": "10" } : {}),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`;
}
