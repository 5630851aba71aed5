import axios from 'axios';

/** One WebHDFS request, as any HTTP client makes it. Returns the answer, parsed if it is JSON. */
export async function webHdfs(
  origin: string,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  query: Readonly<Record<string, string | number>>,
  body?: string,
): Promise<unknown> {
  const url = new URL(`${origin}/webhdfs/v1${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, `${value}`);
  const options = { method, maxRedirects: 0, validateStatus: () => true };
  let answer = await axios.request<unknown>({ ...options, url: url.href });
  if (answer.status === 307) {
    answer = await axios.request<unknown>({ ...options, url: `${answer.headers['location']}`, data: body });
  }
  const { status, data } = answer;
  if (status >= 300 && status !== 404)
    throw new Error(`${method} ${url.href} answers ${status}: ${JSON.stringify(data)}`);
  return data;
}
