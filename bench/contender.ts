/** One end of a conversation, as a server sees it. */
export interface Side {
  send(data: string): void;
  onSignal: (data: string) => void;
  /** Resolves when the socket has closed. */
  close(): Promise<void>;
}

export type Pair = { a: Side; b: Side };

/** A server under measurement, and how its clients speak to it. */
export type Contender = {
  name: string;
  /** The path that Node is started with. */
  program: string;
  env: (port: number) => Record<string, string>;
  /** Make a room, let two clients join it, and wait until both are told that the other is there. */
  meet: (port: number) => Promise<Pair>;
  /** The ids of other processes that work for it, which are counted apart. */
  otherProcesses?: () => number[];
};
