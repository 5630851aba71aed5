/** GETs JSON from a Druid server. Rejects if the status is not 200. */
export async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}
