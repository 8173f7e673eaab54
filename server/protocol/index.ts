export * from "./inputs";
export * from "./terminal-frames";
export type * from "./views";
