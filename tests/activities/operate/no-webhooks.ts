/** For tests of activities that tell nobody. */
export const NO_WEBHOOKS = { webhooks: [], temporal: { uiUrl: 'http://127.0.0.1:8080', namespace: 'default' } };
