/** A headless Chromium: Debian's package, driven by playwright-core. It asks nobody outside of this machine. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Chromium is: `CHROMIUM` names another place than that of Debian's package. */
const { CHROMIUM: executablePath = '/usr/bin/chromium' } = process.env;

/** Without these it looks for updates and for its makers' servers. */
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];

/**
 * Starts Chromium. `hosts`: names that lead to this machine, as names of an attacker's do whose answers changed.
 * Rejects, and says what to install, if there is no Chromium.
 */
export async function startChromium(hosts: readonly string[]): Promise<Browser> {
  if (!existsSync(executablePath)) {
    throw new Error(`There is no Chromium at ${executablePath}: install the Debian package chromium, or name another in CHROMIUM.`);
  }
  const rules = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ');
  // Chromium's sandbox does not start for root.
  const args = ['--no-sandbox', '--disable-gpu', ...quiet, `--host-resolver-rules=${rules}`];
  return chromium.launch({ executablePath, args });
}
