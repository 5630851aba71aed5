import { readConfig } from '../../../worker/config';
import { previewPipeline, type PreviewRequest } from '../../operate/preview';
import { describePreview, previewJson } from '../../output/describe/describe-preview';
import { print } from '../../output/print';
import { columnsOf } from '../../output/terminal';

export interface PreviewOptions extends PreviewRequest {
  readonly json: boolean;
}

export async function run({ json, ...request }: PreviewOptions): Promise<void> {
  const preview = await previewPipeline(readConfig(), request);
  if (json) print(previewJson(preview));
  else describePreview(preview, columnsOf('stdout')).forEach(print);
}
