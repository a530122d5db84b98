/**
 * Words of outcomes in common languages. Words that mean yes, an illness or a bad course are
 * present; words that mean no, health or a good course are absent.
 */

const wordLetters: Record<string, string> = { ł: "l", ø: "o", đ: "d", ı: "i", ß: "ss", æ: "ae" };

/** A text in lower case and without accents: "Décédé" and "decede" become equal. */
export function foldedText(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{Mn}/gu, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[łøđıßæ]/g, (letter) => wordLetters[letter]);
}

const wordSet = (...lines: string[]) => new Set(foldedText(lines.join(" ")).split(" "));

/** Words of one letter, and words that mean something else beside another word, stand in `pairs`. */
export const presentWords = wordSet(
  // English
  "yes true + positive pos present presence detected dead death died dies deceased expired mortality fatal lethal",
  "nonsurvivor nonsurvivors severe critical serious icu intubated ventilated abnormal",
  "malignant malignancy cancer cancerous tumor tumour event case cases disease diseased ill sick patient infected",
  "affected symptomatic pathological pathologic unstable unfavorable unfavourable poor worse worsened progression",
  "progressive progressed relapse relapsed recurrence recurrent failure failed complication high metastatic active",
  // German
  "ja wahr positiv vorhanden nachgewiesen tot tod gestorben verstorben todlich toedlich schwer kritisch krank erkrankt",
  "auffallig auffaellig bosartig boesartig maligne krebs pathologisch symptomatisch rezidiv progress infiziert hoch",
  // French
  "oui vrai positif positive positifs present presente mort morte decede decedee deces grave severe critique malade",
  "anormal anormale malin maligne atteint atteinte infecte recidive cas",
  // Italian
  "si vero positivo positiva presente morto morta deceduto deceduta decesso grave critico malato malata anormale",
  "maligno maligna infetto recidiva",
  // Spanish and Portuguese
  "verdadero cierto muerto muerta muerte fallecido fallecida fallecio enfermo enferma anormal recaida caso casos",
  "sim verdadeiro obito faleceu falecido falecida morreu doente doenca",
  // Dutch, Scandinavian and Finnish languages
  "waar positief aanwezig dood overleden ernstig ziek kwaadaardig sant dod avliden syk sjuk syg alvorlig kylla",
  // Slavic languages, Hungarian, Greek and Turkish
  "tak prawda zgon zmarl zmarla chory chora ciezki ano zemrel zemrela igen meghalt ναι nai evet oldu vefat kotu",
  "да умер умерла смерть болен больной тяжелый положительный так",
  // Asian languages
  "نعم हाँ כן 是 有 阳性 陽性 死亡 恶性 惡性 重症 はい あり 有り 悪性 예 네 양성 사망 악성",
);

/** `presentWords`, but for words that mean no, health or a good course. */
export const absentWords = wordSet(
  // English
  "false negative neg absent absence undetected alive living lived survived survive survives survivor survivors",
  "survival discharged recovered recovery cured mild normal benign healthy health control controls",
  "uninfected unaffected unremarkable asymptomatic stable favorable favourable good better improved improvement",
  "success low ward well inactive",
  // German
  "falsch negativ fehlend lebt lebend lebendig uberlebt ueberlebt uberlebend entlassen genesen geheilt leicht mild",
  "normal gesund unauffallig unauffaellig gutartig benigne asymptomatisch stabil niedrig kontrolle",
  // French
  "faux negatif negative vivant vivante survie survecu gueri guerie leger legere sain saine benin benigne",
  "temoin temoins normale absente",
  // Italian
  "falso negativo negativa vivo viva sopravvissuto sopravvissuta guarito guarita lieve sano sana benigno benigna",
  "assente dimesso dimessa controllo",
  // Spanish and Portuguese
  "ausente sobrevivio superviviente leve saludable curado curada sobreviveu sobrevivente saudavel controle",
  // Dutch, Scandinavian and Finnish languages
  "onwaar negatief afwezig levend overleefd gezond goedaardig falskt levende frisk mildt",
  // Slavic languages, Hungarian, Greek and Turkish
  "falsz zyje zdrowy zdrowa lagodny zije zdravy zdrava egeszseges sagsagh zontanos sag saglikli iyi",
  "жив жива здоров здоровый отрицательный выжил норма",
  // Asian languages
  "否 阴性 陰性 存活 生存 健康 正常 良性 음성 생존 정상 양호",
);

/**
 * Words that turn the words after them into the opposite ("no pneumonia", "sans fracture"). Alone
 * they mean no.
 */
export const negations = wordSet(
  "no not non none without w/o never nil free",
  "nein nicht kein keine keinen keiner keinem ohne nie",
  "pas sans aucun aucune ni",
  "senza nessun nessuna nessuno",
  "sin ningun ninguna ninguno nunca",
  "nao sem nenhum nenhuma",
  "nee niet geen zonder nej nei ikke inte ingen inget inga uden uten utan ei",
  "ne bez brak zadny zadna nincs nem oxi ochi χωρις οχι hayir yok degil",
  "нет не без ні",
  "لا नहीं לא 无 無 没有 沒有 未 いいえ なし 無し 아니오 아니요 없음",
);

/** Pairs of short codes, as [absent, present], which mean something only beside each other. */
export const pairs: readonly (readonly [string, string])[] = [
  ["n", "y"],
  ["n", "j"],
  ["n", "o"],
  ["n", "s"],
  ["n", "t"],
  ["n", "p"],
  ["f", "t"],
  ["f", "v"],
  ["f", "w"],
  ["a", "d"],
  ["s", "d"],
  ["b", "m"],
  ["н", "д"],
  ["hc", "pt"],
];
