/** What Vite gives for an asset: its URL. */
declare module '*.wasm?url' {
  const url: string;
  export default url;
}
