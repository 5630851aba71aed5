import fc from 'fast-check';
import { createLogger } from '../../../scripts/output/log';
import { hostileText, STEERING } from '../../security/terminal-texts';

function logged(value: string, isTerminal: boolean): string {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => lines.push(line) }, isTerminal);
  logger.info({ [`x${value}`]: value, nested: { [value]: [value] } }, value);
  logger.error({ err: new Error(value, { cause: new Error(value) }) }, 'failed');
  return lines.join('');
}

it('logs JSON that means what was said, and steers nothing', () => {
  fc.assert(
    fc.property(hostileText, (value) => {
      const text = logged(value, false);
      expect(text.replaceAll('\n', '')).not.toMatch(STEERING);
      const [said, failed, ...rest] = text.trimEnd().split('\n');
      expect(rest).toEqual([]);
      const meant = JSON.parse(JSON.stringify(value)) as string;
      expect(JSON.parse(said!)).toMatchObject({ msg: meant, nested: { [meant]: [meant] } });
      expect(JSON.parse(failed!)).toMatchObject({ err: { message: meant, cause: { message: meant } } });
    }),
    { numRuns: 300 },
  );
});

it('shows on a terminal no value that steers it, or begins a line', () => {
  fc.assert(
    fc.property(hostileText, (value) => {
      const text = logged(value, true);
      const lines = text.replaceAll(/\u001b\[3[0-9]m/g, '').split('\n');
      expect(lines.join('')).not.toMatch(STEERING);
      for (const line of lines.slice(0, -1)) expect(line).toMatch(/^(?:\[\d| {4})/);
    }),
    { numRuns: 300 },
  );
});

it.each([true, false])('has its levels as words (terminal: %s)', (isTerminal) => {
  const lines: string[] = [];
  const logger = createLogger('debug', { write: (line) => lines.push(line) }, isTerminal);
  const levels = ['debug', 'info', 'warn', 'error'] as const;
  for (const level of levels) logger[level]('said');
  if (isTerminal)
    levels.forEach((level, index) => {
      expect(lines[index]).toContain(level.toUpperCase());
    });
  else expect(lines.map((line) => (JSON.parse(line) as { level: unknown }).level)).toEqual(levels);
});
