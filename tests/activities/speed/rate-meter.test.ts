import { RateMeter } from '../../../activities/speed/rate-meter';

describe('RateMeter', () => {
  it('gives the mean of the last five seconds, and of less at the beginning', () => {
    const meter = new RateMeter(0);
    meter.add(1_000, 500);
    expect(meter.rate(1_000)).toBe(1_000);
    meter.add(1_000, 1_500);
    expect(meter.rate(2_000)).toBe(1_000);
    expect(meter.rate(6_000)).toBe(200);
    expect(meter.rate(7_000)).toBe(0);
  });
});
