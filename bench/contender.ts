/** One end of a conversation, as far as a server is concerned. */
export interface Side {
  send(data: string): void;
  onSignal: (data: string) => void;
  /** Resolves when the socket has closed. */
  close(): Promise<void>;
}

export type Pair = { a: Side; b: Side };

/** A program under measurement and how its clients speak to it. */
export type Contender = {
  name: string;
  /** What node is given. */
  program: string;
  env: (port: number) => Record<string, string>;
  /** Two people from nothing to "you may begin": a room made, two sockets, both joined, both told. */
  meet: (port: number) => Promise<Pair>;
  /** Other processes that work for it; counted apart. */
  helpers?: () => number[];
};
