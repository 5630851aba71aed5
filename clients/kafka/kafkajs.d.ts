/** kafkajs has no types of its private modules. transport.ts checks what is taken from them. */
declare module 'kafkajs/src/*' {
  const exported: unknown;
  export default exported;
}
