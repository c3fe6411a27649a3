/** What a request prefers, where this server offers a choice. */

/** Whether JSON is named and is worth no less than HTML. A bare wildcard prefers nothing, so it gets the page. */
export function prefersJson(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const json = quality(accept, "application", "json");
  const html = quality(accept, "text", "html");
  if (json.q === 0) return false;
  return json.q > html.q || (json.q === html.q && json.precision > html.precision);
}

/** Whether the request is a navigation or reads like one, since nothing else can show an error page. */
export function wantsPage(method: string, accept: string | undefined): boolean {
  if ((method !== "GET" && method !== "HEAD") || accept === undefined) return false;
  const html = quality(accept, "text", "html");
  return html.precision === 2 && html.q > 0 && !prefersJson(accept);
}

export type Encoding = "br" | "gzip" | "identity";

/** The smallest form that the client takes. */
export function pickEncoding(acceptEncoding: string | undefined): Encoding {
  const offered = (acceptEncoding ?? "").split(",").map((entry) => entry.trim().split(";"));
  const takes = (name: string) =>
    offered.some(
      ([coding, q]) => coding?.trim().toLowerCase() === name && !/^\s*q=0(\.0*)?\s*$/.test(q ?? ""),
    );
  if (takes("br")) return "br";
  return takes("gzip") ? "gzip" : "identity";
}

type Match = { q: number; precision: 0 | 1 | 2 };

/** The quality of a type, which the most precise range that covers it decides. */
function quality(accept: string, type: string, subtype: string): Match {
  let best: Match | undefined;
  for (const entry of accept.split(",")) {
    const [range = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    const precision =
      range === `${type}/${subtype}` ? 2 : range === `${type}/*` ? 1 : range === "*/*" ? 0 : undefined;
    if (precision === undefined || (best !== undefined && best.precision >= precision)) continue;
    best = { q: weight(parameters), precision };
  }
  return best ?? { q: 0, precision: 0 };
}

function weight(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  const q = text === undefined ? 1 : Number(text);
  return q >= 0 && q <= 1 ? q : 0;
}
