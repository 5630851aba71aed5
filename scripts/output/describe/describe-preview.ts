import { counted, numeral } from '../../../domain/counted';
import { visibleLines } from '../../../domain/visible';
import type { PipelinePreview } from '../../operate/preview';
import { SafeText, type Line } from '../safe-text';

import { wideTable } from '../wide-table';
import { quarantineTable } from './describe-quarantine';

/** The checks that find a row wrong, behind the row's own columns. */
const WRONG = 'wrong by checks';

/**
 * The rows, then the bad records, then what was read for these.
 *
 * @param width characters of a line. Default: any.
 */
export function describePreview(preview: PipelinePreview, width = Infinity): Line[] {
  const { pipeline, date, input, rows, bad, read, isWhole } = preview;
  const { records, files, quarantined, outsideDay } = read;
  const shown = bad.length < quarantined ? `, the first ${numeral(bad.length)} shown` : '';
  return [
    ...rowLines(preview, width),
    ...quarantineTable(bad, width),
    `${counted(rows.length, 'row')} of ${pipeline.name} on ${date}, from ${isWhole ? '' : 'the first '}` +
      `${counted(records, 'record')} (${counted(files, 'whole file')}) in ${input}`,
    `of these records: ${numeral(quarantined)} bad${shown}, ${numeral(outsideDay)} of other days`,
    isWhole ? 'these are all rows that the day has so far' : 'the day can have more rows: raise --limit to see more',
  ];
}

function rowLines({ pipeline, columns, rows }: PipelinePreview, width: number): Line[] {
  const isChecked = pipeline.checks.length > 0;
  const values = rows.map(({ cells, wrong }) => [...cells.map(shownValue), ...(isChecked ? [wrong.join(', ')] : [])]);
  const head = [...columns.map(({ name }) => name), ...(isChecked ? [WRONG] : [])];
  return wideTable({ head, rows: values, titleOf: (index) => `row ${index + 1}` }, width);
}

/** Text without its quotes. Anything else as in JSON, so that no number changes. */
function shownValue(json: string): string {
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}

/** The preview for programs. The rows are the texts that a build writes: JSON.stringify would round large integers. */
export function previewJson({ pipeline, columns, rows, ...preview }: PipelinePreview): SafeText {
  const checks = pipeline.checks.map(({ name, where }) => ({
    ...{ name, where },
    // As people count them.
    rows: rows.flatMap(({ wrong }, index) => (wrong.includes(name) ? [index + 1] : [])),
  }));
  const facts = JSON.stringify({ pipeline: pipeline.name, ...preview, columns, checks }, null, 2);
  const names = columns.map(({ name }) => JSON.stringify(name));
  const texts = rows.map(
    ({ cells }) => `    {${cells.map((cell, index) => `${names[index] ?? ''}:${cell}`).join(',')}}`,
  );
  const list = texts.length === 0 ? '[]' : `[\n${texts.join(',\n')}\n  ]`;
  return new SafeText(visibleLines(facts.replace(/\n\}$/, `,\n  "rows": ${list.replaceAll('$', '$$$$')}\n}`)));
}
