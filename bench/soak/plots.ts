import { lineY, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { MEASURES, measures, type Sample } from './measures';

const WIDTH = 760;
const HEIGHT = 150;

/** An SVG with a plot for each measure, one below the other, over the minutes of the run. */
export function plots(samples: readonly Sample[]): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const drawn = measures().map((measure, index) => {
    const found = plot({
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
    found.setAttribute('y', String(index * HEIGHT));
    return found.outerHTML;
  });
  const height = drawn.length * HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" style="background: white">\n${drawn.join('\n')}\n</svg>\n`;
}
