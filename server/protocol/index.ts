export * from "./inputs";
export * from "./profile";
export * from "./terminal-frames";
export type * from "./views";
