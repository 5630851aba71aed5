import type { Artifacts } from '../fetch/artifacts';
import type { Server, Stack } from '../stack';
import { getJson } from './get-json';
import { javaMark, launchJava } from './java';

export interface HdfsPorts {
  /** Port of the NameNode, for Hadoop's own clients. */
  readonly rpc: number;
  /** Port of the NameNode, for WebHDFS. The DataNode takes any free port. */
  readonly http: number;
}

/** A small HDFS: NameNode and DataNode in one process, formatted anew at each start. */
export function hdfs(stack: Stack, artifacts: Artifacts, { rpc, http }: HdfsPorts): Server {
  const home = `${stack.directory}/hdfs`;
  const url = `http://127.0.0.1:${http}`;
  return {
    name: 'hdfs',
    title: 'HDFS',
    port: http,
    otherPorts: [rpc],
    url,
    after: [],
    stopSeconds: 20,
    mark: javaMark(stack, 'hdfs'),
    prepare: () => Promise.resolve(),
    launch: async () =>
      launchJava(stack, {
        server: 'hdfs',
        jars: await artifacts.hadoop(),
        home,
        options: ['-Xmx384m', '-XX:+UseSerialGC', `-Dhdfs.minidfs.basedir=${home}/data`],
        mainClass: 'org.apache.hadoop.test.MiniDFSClusterManager',
        args: [
          ...['-format', '-datanodes', '1', '-nnport', `${rpc}`, '-httpport', `${http}`],
          ...['-D', 'dfs.namenode.safemode.extension=0'],
          // Small pages, so that a listing of few files has several.
          ...['-D', 'dfs.ls.limit=20'],
        ],
      }),
    async check() {
      // In safe mode, or without its DataNode, it answers but takes no file.
      const beans = JSON.stringify(await getJson(`${url}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState`));
      if (!beans.includes('"NumLiveDataNodes":1')) throw new Error('its DataNode is not there yet');
      if (!beans.includes('"FSState":"Operational"')) throw new Error('it is in safe mode');
    },
  };
}
