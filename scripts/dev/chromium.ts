import { onPath } from './on-path';

/** A Chromium on this machine: CHROMIUM_PATH, else the first on the PATH. Undefined if there is none. */
export function findChromium(): string | undefined {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && given !== '') return given;
  return onPath('chromium', 'chromium-browser', 'google-chrome');
}
