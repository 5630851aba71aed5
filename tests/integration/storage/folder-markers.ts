import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** Makes the empty objects by which consoles and Hadoop mark a folder that has nothing in it. */
export async function putMarkers(s3: S3Client, bucket: string, folder: string): Promise<void> {
  for (const Key of [folder, `${folder.slice(0, -1)}_$folder$`]) {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.alloc(0) }));
  }
}
