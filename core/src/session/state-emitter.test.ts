import { expect, test } from "vitest";
import type { SessionEvent } from "./session.ts";
import { StateEmitter } from "./state-emitter.ts";

function watch(stage: StateEmitter) {
  const events: SessionEvent[] = [];
  const lifetime = new AbortController();
  stage.subscribe((event) => events.push(event), lifetime.signal);
  return { events, lifetime };
}

const notice = { type: "notice", notice: "intruder" } as const;

test("what a listener causes comes after what it is being told", () => {
  const stage = new StateEmitter({ phase: "waiting", deadline: 1 });
  stage.subscribe((event) => {
    if (event.type === "notice") stage.apply({ type: "step", step: "network", attempt: 1 });
  }, new AbortController().signal);
  const { events } = watch(stage);
  stage.emit(notice);
  expect(events.map(({ type }) => type)).toEqual(["notice", "state"]);
});

test("nothing follows the end, and nobody is told twice", () => {
  const stage = new StateEmitter({ phase: "waiting", deadline: 1 });
  const { events } = watch(stage);
  stage.apply({ type: "ended", reason: { type: "lost" } });
  stage.apply({ type: "ended", reason: { type: "time-up" } });
  stage.emit(notice);
  expect(events).toEqual([{ type: "state", state: { phase: "ended", reason: { type: "lost" } } }]);
  expect(watch(stage).events).toEqual([]);
});

test("a listener hears nothing once its signal aborts, nor if it comes aborted", () => {
  const stage = new StateEmitter({ phase: "waiting", deadline: 1 });
  const { events, lifetime } = watch(stage);
  lifetime.abort();
  const heard: SessionEvent[] = [];
  stage.subscribe((event) => heard.push(event), AbortSignal.abort());
  stage.emit(notice);
  expect([events, heard]).toEqual([[], []]);
});

test("a listener that throws does not stop what comes after", () => {
  const stage = new StateEmitter({ phase: "waiting", deadline: 1 });
  stage.subscribe((event) => {
    if (event.type === "notice") throw new Error("a face's mistake");
  }, new AbortController().signal);
  expect(() => stage.emit(notice)).toThrow("a face's mistake");
  const { events } = watch(stage);
  stage.apply({ type: "ended", reason: { type: "lost" } });
  expect(events).toHaveLength(1);
});
