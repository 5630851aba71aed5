import type { BusinessDate } from '../../../../domain/business-date';
import type { Engine } from '../../../../domain/pipeline';

export interface BuildOptions {
  readonly date: BusinessDate;
  readonly input: string;
  readonly output: string;
  readonly engine?: Engine;
  readonly master?: string;
  readonly force: boolean;
  readonly memory?: number;
  readonly threads?: number;
  readonly json: boolean;
}
