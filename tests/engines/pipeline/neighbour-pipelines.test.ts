import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { loadPipeline } from '../../../engines/load-pipeline';
import { pipelineLike, scratchFolder } from '../scratch';

const root = scratchFolder();

beforeEach(async () => {
  await rm(root, { recursive: true, force: true });
  await mkdir(root);
});

/** `pipelines/events` with another name and changed settings. */
async function copyOfEvents(name: string, change: (yaml: string) => string = (yaml) => yaml): Promise<string> {
  const other = await pipelineLike('events', join(root, 'made'), {
    'pipeline.yaml': (yaml) => change(yaml.replace('name: events', `name: ${name}`)),
  });
  await cp(other, join(root, name), { recursive: true });
  await rm(join(root, 'made'), { recursive: true });
  return join(root, name);
}

const own = (name: string) => (yaml: string) =>
  yaml
    .replace('topic: events', `topic: ${name}`)
    .replace('outputTopic: events_names', `outputTopic: ${name}_out`)
    .replace('datasource: events_names', `datasource: ${name}`);

const refusal = async (folder: string) => {
  const loaded = await loadPipeline(folder);
  return refuseConflicts(loaded).catch((thrown: unknown) => thrown);
};

it('refuses a copied folder, and names both files, settings and values', async () => {
  const folder = await pipelineLike('events', root);
  await copyOfEvents('again');
  const file = join(root, 'again', 'pipeline.yaml');
  expect(await refusal(folder)).toMatchObject({
    code: 'BAD_PIPELINE',
    what: [
      `${folder}/pipeline.yaml: kafka.topic is "events", and kafka.topic of the pipeline again is "events" (${file})`,
      `${folder}/pipeline.yaml: kafka.outputTopic is "events_names", and kafka.outputTopic of the pipeline again is "events_names" (${file})`,
      `${folder}/pipeline.yaml: kafka.deadLetterTopic is "events_dlq", and kafka.deadLetterTopic of the pipeline again is "events_dlq" (${file})`,
      `${folder}/pipeline.yaml: druid.datasource is "events_names", and druid.datasource of the pipeline again is "events_names" (${file})`,
    ].join('\n'),
    remedy:
      'Give each of these settings a value that no other pipeline uses. kafka.deadLetterTopic that is not set is kafka.topic with _dlq. If both pipelines are to read the same events, set kafka.sharedTopic: true in both.',
  });
});

it('takes pipelines that share nothing, and those that share their events knowingly', async () => {
  const folder = await pipelineLike('events', root);
  await cp('pipelines/rides', join(root, 'rides'), { recursive: true });
  await copyOfEvents('again', own('again'));
  expect(await refusal(folder)).toEqual([]);
  const shared = 'topic: events\n  sharedTopic: true\n  deadLetterTopic: own_dlq';
  await copyOfEvents('again', (yaml) => own('again')(yaml).replace('topic: again', shared));
  expect(await refusal(folder)).toMatchObject({ code: 'BAD_PIPELINE' });
  await pipelineLike('events', root, {
    'pipeline.yaml': (yaml) => yaml.replace('topic: events', 'topic: events\n  sharedTopic: true'),
  });
  expect(await refusal(folder)).toEqual([]);
});

it('refuses pipelines that feed each other in a circle', async () => {
  const circle = (topic: string, output: string) => (yaml: string) =>
    own(topic)(yaml).replace(`outputTopic: ${topic}_out`, `outputTopic: ${output}\n  sharedTopic: true`);
  const folder = await copyOfEvents('forth', circle('forth', 'back'));
  await copyOfEvents('back', circle('back', 'forth'));
  expect(await refusal(folder)).toMatchObject({
    code: 'BAD_PIPELINE',
    what: `${folder}/pipeline.yaml: kafka.outputTopic leads back to kafka.topic: forth → back → forth`,
  });
});

it('leaves out and names a neighbour whose settings are wrong, and leaves out what is no pipeline', async () => {
  const folder = await pipelineLike('events', root);
  await mkdir(join(root, 'notes'));
  await mkdir(join(root, 'broken'));
  const file = join(root, 'broken', 'pipeline.yaml');
  await writeFile(file, 'name: broken\nkafka: [');
  expect(await refusal(folder)).toEqual([{ file, reason: expect.stringContaining(`${file}:2`) as string }]);
});

it('compares a neighbour also where its SQL or its tables are wrong', async () => {
  const folder = await pipelineLike('events', root);
  const other = await copyOfEvents('again');
  await writeFile(join(other, 'transform.sql'), 'SELECT');
  await rm(join(other, 'names.ndjson'));
  expect(await refusal(folder)).toMatchObject({ code: 'BAD_PIPELINE' });
});

it('compares of the kinds that are asked for only', async () => {
  const folder = await pipelineLike('events', root);
  await copyOfEvents('again', (yaml) => yaml.replace('datasource: events_names', 'datasource: again'));
  const loaded = await loadPipeline(folder);
  await expect(refuseConflicts(loaded)).rejects.toMatchObject({ code: 'BAD_PIPELINE' });
  await expect(refuseConflicts(loaded, { kinds: ['datasource'] })).resolves.toEqual([]);
});
