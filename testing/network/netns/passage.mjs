/** Runs on a machine of the lab and connects a socket in the file system to a port of the machine's loopback. */
import { connect, createServer } from "node:net";

const [path, port] = process.argv.slice(2);

createServer((outside) => {
  const inside = connect(Number(port), "127.0.0.1");
  outside.pipe(inside).pipe(outside);
  outside.on("error", () => inside.destroy());
  inside.on("error", () => outside.destroy());
}).listen(path, () => process.stdout.write("ready\n"));
