import { lineY, plot } from '@observablehq/plot';
import { DOMParser } from 'linkedom';
import * as z from 'zod';
import { MEASURES, measures, type Sample } from './measures';

const WIDTH = 760;
const HEIGHT = 150;
/** The types of a browser are not among those of this program. */
const elementSchema = z.object({ outerHTML: z.string() });

/** An SVG with a plot for each measure, one below the other, over the minutes of the run. */
export function plots(samples: readonly Sample[]): string {
  const document: unknown = new DOMParser().parseFromString('<!doctype html><html></html>', 'text/html');
  const drawn = measures().map((measure, index) => {
    const found: unknown = plot({
      document,
      width: WIDTH,
      height: HEIGHT,
      marginLeft: 70,
      // A class of its own for each plot, which is the same in each run.
      className: measure,
      x: { label: 'minutes' },
      y: { label: MEASURES[measure], zero: true, grid: true, nice: true },
      marks: [lineY(samples, { x: 'minute', y: measure })],
    });
    return `<g transform="translate(0, ${index * HEIGHT})">${elementSchema.parse(found).outerHTML}</g>`;
  });
  const height = drawn.length * HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" style="background: white">\n${drawn.join('\n')}\n</svg>\n`;
}
