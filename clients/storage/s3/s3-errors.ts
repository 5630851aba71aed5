import { S3ServiceException } from '@aws-sdk/client-s3';
import { messageOf, type DaybreakError } from '../../../domain/errors';
import { absent, changed, storageError, systemCode, type StorageTrouble } from '../errors';

/** The target of a request, which a remedy names. */
export interface S3Place {
  readonly bucket: string;
}

const CREDENTIALS_REMEDY =
  'Give new ones: export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_SESSION_TOKEN=…, or export AWS_PROFILE=… and aws sso login.';

/**
 * An error of the AWS SDK, as an error with a remedy. The SDK's error is never its cause: it holds the answer. An
 * answer about a signature repeats the request's headers with the session token.
 */
export function s3Error(thrown: unknown, doing: string, place: S3Place): DaybreakError {
  const name = nameOf(thrown);
  if (name === 'NoSuchKey' || name === 'NotFound') return absent(doing);
  if (name === 'PreconditionFailed' || name === 'ConditionalRequestConflict') return changed(doing);
  return storageError(doing, troubleOf(thrown, name, doing, place));
}

function troubleOf(thrown: unknown, name: string, doing: string, { bucket }: S3Place): StorageTrouble {
  const why = whyOf(thrown, name);
  switch (name) {
    case 'NoSuchBucket':
      return refused(why, `Correct the bucket in the location, or create it: aws s3 mb s3://${bucket}.`);
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
    case 'TemporaryRedirect':
      return refused(why, `Set the bucket's region: export AWS_REGION=${regionOf(thrown) ?? '…'}.`);
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return refused(why, `The credentials have expired. ${CREDENTIALS_REMEDY}`);
    case 'CredentialsProviderError':
    case 'TokenProviderError':
    case 'InvalidAccessKeyId':
    case 'InvalidToken':
    case 'SignatureDoesNotMatch':
      return refused(why, CREDENTIALS_REMEDY);
    case 'AccessDenied':
    case 'AllAccessDisabled':
    case 'AccountProblem':
    case 'Forbidden':
      return refused(why, rightsFor(doing, bucket));
    case 'RequestTimeTooSkewed':
      return refused(why, "Set this machine's clock: timedatectl set-ntp true.");
    default:
      return otherTrouble(thrown, why, bucket);
  }
}

/** Who only reads gets no right to write: input is never written. */
function rightsFor(doing: string, bucket: string): string {
  return /^(?:listing|looking at|reading) /.test(doing)
    ? `Allow s3:ListBucket on ${bucket}, and s3:GetObject below the prefix; reading needs no other right.`
    : `Allow s3:ListBucket and s3:ListBucketMultipartUploads on ${bucket}, and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload below the prefix.`;
}

function otherTrouble(thrown: unknown, why: string, bucket: string): StorageTrouble {
  const status = statusOf(thrown);
  if (/region is missing/i.test(why)) return refused(why, 'Set it: export AWS_REGION=us-east-1, or the bucket’s own.');
  if (status === 429 || (status !== undefined && status >= 500)) {
    return { code: 'STORAGE_FAILED', why, remedy: 'It is busy or not well: a workflow tries again by itself.' };
  }
  if (status !== undefined && status >= 400) {
    return refused(why, `Read its answer; that the bucket can be used, this says: aws s3 ls s3://${bucket}/.`);
  }
  return {
    code: 'STORAGE_FAILED',
    why,
    remedy: 'See that the endpoint is right and reached from here: export AWS_ENDPOINT_URL_S3=http://host:port.',
  };
}

function refused(why: string, remedy: string): StorageTrouble {
  return { code: 'STORAGE_REFUSED', why, remedy };
}

function whyOf(thrown: unknown, name: string): string {
  const status = statusOf(thrown);
  const said = messageOf(thrown).replaceAll(/\s+/g, ' ').slice(0, 500).replace(/\.$/, '');
  const code = name === '' || name === 'Error' ? systemCode(thrown) : name;
  return [code, status, said === name ? '' : said].filter((part) => part !== undefined && part !== '').join(' ');
}

function nameOf(thrown: unknown): string {
  const named = typeof thrown === 'object' && thrown !== null && 'name' in thrown ? thrown.name : undefined;
  return typeof named === 'string' ? named : '';
}

function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof S3ServiceException ? thrown.$metadata.httpStatusCode : undefined;
}

/** The region that the answer names in a header or in a field of its body. */
function regionOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof S3ServiceException)) return undefined;
  const named = thrown.$response?.headers['x-amz-bucket-region'] ?? ('Region' in thrown ? thrown.Region : undefined);
  const region = typeof named === 'string' ? named : /expecting '([a-z0-9-]+)'/.exec(thrown.message)?.[1];
  return region !== undefined && /^[a-z0-9-]+$/.test(region) ? region : undefined;
}
