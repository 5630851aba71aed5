import { isGrpcServiceError, NamespaceNotFoundError, ServiceError } from '@temporalio/client';
import { DaybreakError } from '../domain/errors';
import { searchAttributes } from '../domain/search-attributes';

export interface CalledTemporal {
  readonly address: string;
  readonly namespace: string;
}

/**
 * An error of Temporal's client as a DaybreakError: TEMPORAL_UNREACHABLE if the same call may succeed later, else
 * TEMPORAL_REFUSED. Any other error is returned as it is.
 */
export function temporalFailure(thrown: unknown, { address, namespace }: CalledTemporal): unknown {
  // An error of the worker's connection is both, and has its text in `message`.
  const cause = thrown instanceof ServiceError && !isGrpcServiceError(thrown) ? thrown.cause : thrown;
  if (thrown instanceof NamespaceNotFoundError) return noNamespace(address, namespace);
  if (!isGrpcServiceError(cause)) return thrown;
  const { code }: { readonly code: number } = cause;
  const details = cause.details === '' ? cause.message : cause.details;
  switch (code) {
    case NOT_FOUND:
      // Whatever else may be missing, its caller asks for by name, and knows what that means.
      return details.startsWith('Namespace ') ? noNamespace(address, namespace) : thrown;
    case INVALID_ARGUMENT:
      return refused(
        `Temporal at ${address} refuses a call in the namespace '${namespace}': ${details}`,
        /search attribute/i.test(details)
          ? `Register it: temporal operator search-attribute create --namespace ${namespace} ${ATTRIBUTES}`
          : 'Correct what the answer names.',
      );
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      return refused(
        `Temporal at ${address} lets nobody into the namespace '${namespace}' with these credentials: ${details}`,
        'Correct TEMPORAL_API_KEY or TEMPORAL_TLS_*, or have the right given to them.',
      );
    default:
      return new DaybreakError('TEMPORAL_UNREACHABLE', {
        what: `Temporal at ${address} could not answer: ${details}`,
        remedy: 'See that it is well, then run the command again.',
        cause,
      });
  }
}

const ATTRIBUTES = searchAttributes.map(({ name }) => `--name ${name} --type Keyword`).join(' ');

// Of gRPC.
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

function noNamespace(address: string, namespace: string): DaybreakError {
  return refused(
    `Temporal at ${address} has no namespace '${namespace}'`,
    `Correct TEMPORAL_NAMESPACE, or create it: temporal operator namespace create --namespace ${namespace}`,
  );
}

function refused(what: string, remedy: string): DaybreakError {
  return new DaybreakError('TEMPORAL_REFUSED', { what, remedy });
}
