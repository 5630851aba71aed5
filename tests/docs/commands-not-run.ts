/** Commands of the pages that tests/integration/docs does not run, and why. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'npm run demo': 'stays until Ctrl-C; tests/integration/demo runs it once',
  'npm run demo -- --once': 'tests/integration/demo runs it',
  'npm run demo -- --storage s3': 'stays until Ctrl-C; tests/integration/job runs a day on S3',
  'npx daybreak demo': 'as npm run demo',
  'npm test': 'runs this test',
  'npm pack': 'writes into the repository; tests/integration/package runs it',
  'npm install ../daybreak-0.2.0.tgz': 'the same',
  'npx daybreak init my-pipelines': 'the same',
  'npx daybreak completion bash > ~/.daybreak.bash':
    'writes into the home folder; tests/scripts/cli/completion runs it in another',
  'npm run test:nodes': 'runs a part of npm test, on each Node',
  'npm run test:nodes -- tests/clients': 'the same',
  'npm run check': 'npm test has run its three parts before this test',
  'npm run schema': 'writes into the repository; tests/docs/pipelines.test.ts compares what it writes',
  'npx jest --selectProjects unit': 'a part of npm test',
  'DAYBREAK_TEST_STACK=20000 npx jest --selectProjects integration': 'a part of npm test',
  'npx jest tests/workflows': 'a part of npm test',
  'npx jest --selectProjects servers -- tests/integration/storage': 'a part of npm test',
  'DAYBREAK_PROPERTY_RECORDS=1000000 npx jest --selectProjects unit -- engines/nested-layers engines/times.property':
    'more records of a part of npm test',
  'DAYBREAK_ROLLUP_EVENTS=201000 npx jest --selectProjects integration -- batch/rollup':
    'more events of a part of npm test',
  'npx tsx tests/histories/record.ts <pipeline> -2': 'writes into the repository, and has a name to fill in',
  'node --import tsx bench/day/index.ts': 'a bench, on servers of its own',
  'node --import tsx bench/backfill/index.ts 400 4': 'the same',
  'node --import tsx bench/torture/index.ts 1 10': 'the same; tests/integration/bench runs a short one',
  'node --import tsx bench/soak/index.ts 120 5000': 'the same; tests/integration/bench runs a short one',
  'node --import tsx bench/fuzz/index.ts all 60':
    'writes into the repository; tests/integration/bench runs a short one',
  'node --import tsx bench/upgrade/index.ts e8036b3': 'a bench, on servers of its own, which needs the history',
  'node --import tsx bench/torture/page.ts': 'writes into the repository',
  'node --import tsx bench/soak/page.ts': 'the same',
  'docker compose up': 'there is no Docker where tests run',
  'docker compose up --build --detach': 'the same',
  'docker compose exec worker daybreak status': 'the same',
  'docker compose down': 'the same',
  'docker compose down --volumes': 'the same',
  'docker build --file deploy/worker/Dockerfile --target worker --tag registry.example.com/daybreak:0.1.0 .':
    'the same',
  'docker push registry.example.com/daybreak:0.1.0': 'the same',
  'helm template daybreak deploy/helm/daybreak --values deploy/helm/examples/s3.yaml':
    'tests/deploy/helm/docs.test.ts runs it, with the Helm that it builds',
  'helm lint --strict deploy/helm/daybreak --values deploy/helm/examples/s3.yaml': 'the same',
  "helm upgrade --install daybreak deploy/helm/daybreak --values deploy/helm/examples/volume.yaml --set-file 'pipelines.files.events.pipeline\\.yaml=pipelines/events/pipeline.yaml' --set-file 'pipelines.files.events.transform\\.sql=pipelines/events/transform.sql' --set-file 'pipelines.files.events.names\\.ndjson=pipelines/events/names.ndjson'":
    'there is no Kubernetes where tests run; tests/deploy/helm/docs.test.ts renders it',
  'helm test daybreak --logs': 'there is no Kubernetes where tests run',
  'helm uninstall daybreak': 'the same',
  'kubectl create secret generic daybreak-output --from-literal=token="$(openssl rand -hex 24)"': 'the same',
  'kubectl rollout restart deployment/daybreak-speed deployment/daybreak-batch': 'the same',
  'kubectl delete job,pod --selector app.kubernetes.io/instance=daybreak': 'the same',
  'npx daybreak backfill --from 2026-10-01 --to 2026-10-31 --parallel 3': 'needs the files of a month',
  'npx daybreak spark pack daybreak-python.tar.gz': 'writes into the repository; batch/spark.test.ts runs it',
  'npx daybreak batch build --pipeline events --date 2026-11-21 --input in --output out --engine spark --master spark://host:7077':
    'needs a Spark cluster',
};
