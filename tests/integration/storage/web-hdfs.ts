/** One request of WebHDFS, as any HTTP client makes it; the answer, parsed where it is JSON. */
export async function webHdfs(
  origin: string,
  method: 'GET' | 'PUT',
  path: string,
  query: Readonly<Record<string, string | number>>,
  body?: string,
): Promise<unknown> {
  const url = new URL(`${origin}/webhdfs/v1${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, `${value}`);
  let answer = await fetch(url, { method, redirect: 'manual' });
  if (answer.status === 307) {
    answer = await fetch(answer.headers.get('location') ?? '', { method, ...(body !== undefined && { body }) });
  }
  const text = await answer.text();
  if (!answer.ok && answer.status !== 404) throw new Error(`${method} ${url.href} answers ${answer.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
