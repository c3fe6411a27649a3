/**
 * The names of the 64 safety words, six bits each, in the order of the table in the Matrix specification (`m.sas.v1`).
 * People compare the names. The symbol of word i stands in column i mod 8, row ⌊i / 8⌋ of the sheet.
 */
export const SAFETY_WORDS: readonly string[] = [
  "Dog,Cat,Lion,Horse,Unicorn,Pig,Elephant,Rabbit",
  "Panda,Rooster,Penguin,Turtle,Fish,Octopus,Butterfly,Flower",
  "Tree,Cactus,Mushroom,Globe,Moon,Cloud,Fire,Banana",
  "Apple,Strawberry,Corn,Pizza,Cake,Heart,Smiley,Robot",
  "Hat,Glasses,Spanner,Santa,Thumbs up,Umbrella,Hourglass,Clock",
  "Gift,Light bulb,Book,Pencil,Paperclip,Scissors,Lock,Key",
  "Hammer,Telephone,Flag,Train,Bicycle,Aeroplane,Rocket,Trophy",
  "Ball,Guitar,Trumpet,Bell,Anchor,Headphones,Folder,Pin",
].flatMap((row) => row.split(","));

/** The number of cells in a row of the sheet, and the side of one cell in the sheet's own units. */
export const SHEET_COLUMNS = 8;
export const SHEET_CELL = 32;
