import { readFileSync, writeFileSync } from 'node:fs';
import { pipelineJsonSchema } from '../../domain/pipeline';
import { settingRows } from '../operate/pipeline-settings';

const PAGE = 'docs/pipelines.md';

/**
 * Writes docs/pipeline.schema.json and the table of docs/pipelines.md. Run `npm run schema` after every change of
 * domain/pipeline.ts.
 */
writeFileSync('docs/pipeline.schema.json', `${JSON.stringify(pipelineJsonSchema(), undefined, 2)}\n`);
const lines = readFileSync(PAGE, 'utf8').split('\n');
const isRow = (line: string): boolean => line.startsWith('| `');
const first = lines.findIndex(isRow);
const table = settingRows().map((cells) => `| ${cells.join(' | ')} |`);
const others = lines.filter((line) => !isRow(line));
writeFileSync(PAGE, [...others.slice(0, first), ...table, ...others.slice(first)].join('\n'));
