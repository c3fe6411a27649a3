/** A server for the lab's own tests. It serves an empty page and a text on every address of its machine. */
import { createServer } from "node:http";

const server = createServer((request, response) => {
  if (request.url === "/hello") response.end("hello");
  else response.setHeader("content-type", "text/html").end("<!doctype html><title>lab</title>");
});
server.listen(8080, () => process.stdout.write("listening\n"));
