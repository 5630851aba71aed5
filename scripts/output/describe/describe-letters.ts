import { counted } from '../../../domain/counted';
import type { DeadLetter } from '../../../activities/speed/dead-letter';
import type { Pipeline } from '../../../domain/pipeline';
import type { LettersOfDay } from '../../operate/dlq/event-days';
import { recomputes } from '../../operate/dlq/event-days';
import type { Replay } from '../../operate/dlq/replay';
import { originOf } from '../../operate/dlq/selection';
import type { Line } from '../safe-text';
import { cut } from '../shown-text';
import { table } from '../table';

/** The letters as a table. `dlq replay` takes the values of its first column. Nothing if there are no letters. */
export function letterTable(letters: readonly DeadLetter[]): Line[] {
  if (letters.length === 0) return [];
  const rows = letters.map((letter) => [
    originOf(letter),
    letter.timestamp,
    letter.code,
    cut(letter.reason),
    cut(letter.value?.toString() ?? 'null'),
  ]);
  return [table([['topic/partition/offset', 'timestamp', 'code', 'reason', 'value'], ...rows])];
}

/** A letter as it is printed in JSON. A header that comes more than once has its values in an array. */
export function readableLetter({ key, value, headers, sentAt: _sentAt, ...letter }: DeadLetter): object {
  const values = new Map<string, (string | null)[]>();
  for (const header of headers) {
    const ofName = values.get(header.name);
    if (ofName === undefined) values.set(header.name, [textOf(header.value)]);
    else ofName.push(textOf(header.value));
  }
  return {
    ...letter,
    key: textOf(key),
    value: textOf(value),
    headers: Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all])),
  };
}

function textOf(bytes: Buffer | null | undefined): string | null {
  return bytes?.toString() ?? null;
}

/** ': 3 BAD_RECORD, 1 TOO_LARGE'. Empty if there is none. */
export function describeByCode(byCode: Readonly<Record<string, number>>): string {
  const codes = Object.entries(byCode).map(([code, number]) => `${number} ${code}`);
  return codes.length === 0 ? '' : `: ${codes.join(', ')}`;
}

export interface LettersOfTopic {
  readonly topic: string;
  readonly total: number;
  readonly byCode: Readonly<Record<string, number>>;
  /** How many of them the table has, which are the first ones. */
  readonly shown: number;
}

/** The sentence below the table of `dlq list`. */
export function describeTotal({ topic, total, byCode, shown }: LettersOfTopic): string {
  const first = shown < total ? `; the first ${shown} are shown, --limit shows more` : '';
  return `${counted(total, 'dead letter')} in ${topic}${describeByCode(byCode)}${first}`;
}

interface SealedDays {
  readonly druidAnswered: boolean;
  readonly days: readonly LettersOfDay[];
}

export interface ReplayPlan extends SealedDays, Pick<Replay, 'byCode' | 'truncated' | 'notSelected'> {
  readonly selected: number;
}

/** What a replay would do. */
export function describePlan({ name, kafka }: Pipeline, plan: ReplayPlan): Line[] {
  const { selected, byCode, druidAnswered, days } = plan;
  const rows = days.map(({ date, letters, sealed }) => [date ?? 'no readable time', String(letters), yesNo(sealed)]);
  const commands = recomputes(name, days);
  return [
    `would send ${counted(selected, 'dead letter')} to ${kafka.topic}${describeByCode(byCode)}`,
    ...describeLeftOut(name, plan),
    ...(rows.length === 0 ? [] : [table([['day of the event', 'dead letters', 'sealed'], ...rows])]),
    ...(druidAnswered ? [] : [sealsUnknown(name)]),
    ...(commands.length === 0
      ? []
      : ['Realtime does not serve events of a sealed day until the day is recomputed:', ...describeCommands(commands)]),
  ];
}

export interface ReplayOutcome extends SealedDays, Omit<Replay, 'times'> {
  readonly recompute: readonly string[];
}

/** What a replay did. The command ends with its failure, if it has one. */
export function describeReplay({ name, kafka }: Pipeline, outcome: ReplayOutcome, waitSeconds: number): Line[] {
  const { replayed, byCode, settled, failure, failed } = outcome;
  return [
    `${counted(replayed, 'dead letter')} sent to ${kafka.topic} again${describeByCode(byCode)}`,
    ...describeLeftOut(name, outcome),
    ...describeTooLarge(kafka.topic, outcome),
    ...(settled || failure !== undefined
      ? []
      : [
          waitSeconds === 0
            ? 'Nobody waited for the speed layer to read them, so some may fail again.'
            : `The speed layer had not read them all after ${waitSeconds} s, so more may fail.`,
          `→ See npx daybreak speed status --pipeline ${name}, then npx daybreak dlq list --pipeline ${name}`,
        ]),
    ...letterTable(failed),
    ...describePassed(name, outcome),
    ...(failed.length === 0 ? [] : [`${failed.length} failed again`]),
  ];
}

function describePassed(
  name: string,
  { replayed, settled, failed, druidAnswered, days, recompute }: ReplayOutcome,
): string[] {
  const passed = replayed - failed.length;
  if (passed === 0) return [];
  const head = settled ? `${passed} went through` : `${passed} sent and not failed so far`;
  if (!druidAnswered) {
    const dates = days.map(({ date, letters }) => `${date ?? 'no readable time'}: ${letters}`);
    return [head, sealsUnknown(name), `by day: ${dates.join(', ')}`];
  }
  const sealed = days.reduce((sum, day) => sum + (day.sealed === true ? day.letters : 0), 0);
  if (sealed === 0) return [head];
  return [
    `${head}, of which ${sealed === 1 ? '1 is of a day that is sealed' : `${sealed} are of days that are sealed`}: ` +
      `realtime does not serve ${sealed === 1 ? 'it' : 'them'} until ${recompute.length === 1 ? 'the day is' : 'the days are'} recomputed:`,
    ...describeCommands(recompute),
  ];
}

function describeCommands(commands: readonly string[]): string[] {
  return [
    ...commands.map((command) => `  ${command}`),
    '  A recompute reads the hourly files, not Kafka: it has the events that the shipper wrote there.',
  ];
}

function describeLeftOut(
  name: string,
  { truncated, notSelected }: Pick<Replay, 'truncated' | 'notSelected'>,
): string[] {
  return [
    ...(truncated > 0 ? [`${truncated} left out: only the beginning of each value was kept`] : []),
    ...(notSelected > 0
      ? [`${counted(notSelected, 'other')} not selected and still pending: npx daybreak dlq list --pipeline ${name}`]
      : []),
  ];
}

function describeTooLarge(topic: string, { tooLarge }: Pick<Replay, 'tooLarge'>): string[] {
  if (tooLarge.length === 0) return [];
  const largest = Math.max(...tooLarge.map(({ bytes }) => bytes));
  return [
    `${counted(tooLarge.length, 'dead letter')} refused as too large and still pending:`,
    ...tooLarge.slice(0, MOST_TOO_LARGE).map((letter) => `  ${originOf(letter)}: ${letter.bytes} bytes`),
    ...(tooLarge.length > MOST_TOO_LARGE ? [`  and ${tooLarge.length - MOST_TOO_LARGE} others`] : []),
    `→ Raise max.message.bytes of ${topic} to ${largest + BATCH_OVERHEAD} or more, and replay again.`,
  ];
}

const MOST_TOO_LARGE = 20;
/** What a batch needs besides its one record, with some reserve. */
const BATCH_OVERHEAD = 1_024;

function sealsUnknown(name: string): string {
  return (
    'Druid does not say which days are sealed: realtime does not serve their events. ' +
    `→ See what is wrong with Druid: npx daybreak status --pipeline ${name}`
  );
}

function yesNo(sealed: boolean | null): string {
  return sealed === null ? 'not known' : sealed ? 'yes' : 'no';
}
