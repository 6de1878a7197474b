/** Stand-ins for the server executables: small shell scripts that answer as the real programs do. */
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const fakeCli = (version: string): string =>
  `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0, UI 2.54.1)"\n`;
export const fakeTestServer = '#!/bin/sh\necho "Usage: <command> <port> <flags>\n--enable-time-skipping"\n';
export const halfProgram = '#!/bin/sh\nexit 1\n';

/** Fails with the words and a panic's endless frames when it is called first, and is the executable from then on. */
export const failingAtFirst = (words: string, executable: string): string => `#!/bin/sh
[ -e "$0.called" ] && exec "${executable}" "$@"
touch "$0.called"
echo "${words}"
seq -f "    frame %.0f" 4000
exit 2
`;

export async function placeProgram(path: string, script: string): Promise<string> {
  await fs.mkdir(dirname(path), { recursive: true });
  await fs.writeFile(path, script, { mode: 0o755 });
  return path;
}

export function emptyDirectory(): Promise<string> {
  return fs.mkdtemp(join(tmpdir(), 'temporal-kernel-test-'));
}
