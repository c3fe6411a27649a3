import { startEngine } from "@nullroom/core/engine/engine";
import "./engine-global.ts";
import { SinkFactories } from "./sink-factories.ts";

const office = new SinkFactories();

globalThis.startFileEngine = (post) =>
  startEngine({ post, sinkFactoryOf: (ticket) => office.factoryOf(ticket) });
