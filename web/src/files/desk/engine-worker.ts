import { startEngine } from "@nullroom/core/desk/engine";
import "./loaded.ts";
import { TicketOffice } from "./tickets-worker.ts";

const office = new TicketOffice();

globalThis.startFileEngine = (post) => startEngine({ post, placeOf: (ticket) => office.placeOf(ticket) });
