/** A file as text: Vite's way to have one inside workerd. */
declare module '*?raw' {
  const text: string;
  export default text;
}
