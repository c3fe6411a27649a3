/** A value that somebody kept too long: what it is in the key schedule, where it lay, and what it opens. */
export type Finding = { readonly what: string; readonly where: string; readonly opens: string };
