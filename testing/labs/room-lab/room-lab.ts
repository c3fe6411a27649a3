import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChromiumTab, openTab } from "../../browsers/chromium.ts";
import { FirefoxTab } from "../../browsers/firefox.ts";
import { chromiumOn, firefoxOn } from "../../network/netns/browsers.ts";
import type { Host } from "../../network/netns/host.ts";
import { Lab } from "../../network/netns/lab.ts";
import type { HostProcess } from "../../network/netns/process.ts";
import { serverProgram } from "../../services/server.ts";

const PORT = 3000;

export type LabTab = ChromiumTab | FirefoxTab;

/**
 * Two people's machines, a server's and a relay's, each at the end of a cable of its own, so that a conversation can be
 * interrupted in every way in which networks interrupt one.
 */
export class RoomLab implements AsyncDisposable {
  readonly ann: Host;
  readonly ben: Host;
  readonly relayHost: Host;
  readonly origin: string;
  readonly server: HostProcess;
  readonly relay: HostProcess;
  readonly #lab: Lab;
  readonly #folder: string;
  readonly #browsers = new Map<string, Promise<LabBrowser>>();

  static async create(env: NodeJS.ProcessEnv = {}): Promise<RoomLab> {
    const lab = await Lab.create();
    const hosts = { ann: await lab.addHost("ann"), ben: await lab.addHost("ben") };
    const made = new RoomLab({
      ...{ lab, ...hosts, web: await lab.addHost("web"), relayHost: await lab.addHost("relay") },
      ...{ folder: await mkdtemp(join(tmpdir(), "nullroom-relay-")), env },
    });
    await Promise.all([made.server.said(/listening on/), made.relay.said(/initialization done/)]);
    return made;
  }

  private constructor({ lab, ann, ben, web, relayHost, folder, env }: Parts) {
    this.#lab = lab;
    this.#folder = folder;
    this.ann = ann;
    this.ben = ben;
    this.relayHost = relayHost;
    this.origin = `http://${web.address}:${PORT}`;
    const secret = randomBytes(16).toString("hex");
    this.relay = relayHost.start("turnserver", relayArguments(relayHost.address, secret, folder));
    this.server = web.start(process.execPath, [serverProgram], {
      ...{ PORT: String(PORT), HOST: "0.0.0.0", NULLROOM_RATE_LIMITS: "off" },
      ...{ COTURN_SECRET: secret, NULLROOM_TURN_HOST: relayHost.address, ...env },
    });
  }

  /** The address of the landing page. */
  get url(): string {
    return `${this.origin}/`;
  }

  /** Open a tab with storage of its own, in the one browser of that kind on the machine. */
  async open(host: Host, engine: "chromium" | "firefox"): Promise<LabTab> {
    const name = `${engine} on ${host.namespace}`;
    const opening = this.#browsers.get(name) ?? this.#launch(host, engine);
    this.#browsers.set(name, opening);
    return (await opening).openTab();
  }

  /** Cut the two machines off from each other, so that only the way through the relay is left. */
  async separate(separate = true): Promise<void> {
    await Promise.all([this.ann.isolate(separate), this.ben.isolate(separate)]);
  }

  /** Close every browser, so that nothing of one conversation is on the cables while the next one is watched. */
  async closeBrowsers(): Promise<void> {
    const browsers = await Promise.all(this.#browsers.values());
    this.#browsers.clear();
    for (const browser of browsers) await browser.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeBrowsers();
    await this.#lab[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #launch(host: Host, engine: "chromium" | "firefox"): Promise<LabBrowser> {
    const trusted = [this.origin];
    if (engine === "chromium") {
      const browser = await chromiumOn(host, { trusted });
      return { openTab: () => openTab(browser), close: () => browser.close() };
    }
    const firefox = await firefoxOn(host, { trusted });
    return {
      openTab: async () => {
        const context = await firefox.browser.createBrowserContext();
        // A window of its own, as Chromium's driver opens: a tab behind another one counts as hidden.
        return new FirefoxTab(await context.newPage({ type: "window" }), this.#folder);
      },
      close: async () => {
        await firefox[Symbol.asyncDispose]();
      },
    };
  }
}

type LabBrowser = { openTab(): Promise<LabTab>; close(): Promise<void> };

type Parts = {
  lab: Lab;
  ann: Host;
  ben: Host;
  web: Host;
  relayHost: Host;
  folder: string;
  env: NodeJS.ProcessEnv;
};

function relayArguments(address: string, secret: string, folder: string): string[] {
  const options = {
    "static-auth-secret": secret,
    realm: "nullroom.test",
    "listening-ip": address,
    "relay-ip": address,
    pidfile: join(folder, "pid"),
    userdb: join(folder, "userdb"),
    "log-file": "stdout",
  };
  const flags = ["-n", "--use-auth-secret", "--fingerprint", "--no-cli", "--no-tls", "--no-dtls"];
  return [...flags, "--simple-log", ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)];
}
