/** How a word or a notice is meant: it has a colour, and never the colour alone. */
export type Tone = "neutral" | "good" | "warning" | "bad";
