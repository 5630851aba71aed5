import { readFileSync } from 'node:fs';
import { composeParser, parseCompose, type Service } from './check/compose-project';

const ENVIRONMENT = {
  POSTGRES_PASSWORD: 'given',
  DRUID_METADATA_PASSWORD: 'given',
  TEMPORAL_DATABASE_PASSWORD: 'given',
  GRAFANA_PASSWORD: 'given',
  NOTEBOOKS_TOKEN: 'given',
};
const page = readFileSync('docs/deploying.md', 'utf8');

let services: Service[];
// Builds the parser the first time.
beforeAll(composeParser, 1_200_000);
beforeAll(async () => {
  const { project } = await parseCompose(readFileSync('docker-compose.yml', 'utf8'), ENVIRONMENT);
  services = Object.values(project.services);
});

/** GiB at the limits of the services that run all the time, of one profile or of none. */
function gibibytes(profile?: string): number {
  const running = services.filter(({ restart }) => restart === 'unless-stopped');
  const chosen = running.filter(({ profiles }) =>
    profile === undefined ? profiles.length === 0 : profiles.includes(profile),
  );
  return chosen.reduce((sum, { deploy }) => sum + Number(deploy?.resources.limits.memory), 0) / 1024 ** 3;
}

it('the page says how much memory the containers may take', () => {
  expect(/at most ([\d.]+) GiB of memory/.exec(page)?.[1]).toBe(String(gibibytes()));
});

it.each(['turnilo', 'monitoring', 'spark', 'notebook'])('the page says what the profile %s adds', (profile) => {
  expect(new RegExp(`\`${profile}\` adds ([\\d.]+) GiB`).exec(page)?.[1]).toBe(String(gibibytes(profile)));
});
