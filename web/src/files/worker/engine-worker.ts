import { startEngine } from "@nullroom/core/engine/engine";
import "./engine-global.ts";
import { SinkFactories } from "./sink-factories.ts";

const factories = new SinkFactories();

globalThis.startFileEngine = (post) =>
  startEngine({ post, sinkFactoryOf: (ref) => factories.factoryOf(ref) });
