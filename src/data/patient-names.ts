/** What a column's name says of whether its values are patients. */
import { hasWordOf, wordsOf } from "./column-words";
import { foldedText } from "./outcome-words";

/**
 * "patient": the name says so. "case": it may mean a patient, or a running number. "id": it names
 * some kind of id. "none": it says something else.
 */
export type PatientName = "patient" | "case" | "id" | "unknown" | "none";

const words = (...lines: string[]) => wordsOf(lines.join(" "));

const patientPattern = new RegExp(
  "patient|subject|participant|proband|probant|paciente|paziente|pacjent|pacient|pasient|potilas|sujeto|soggetto|" +
    "пациент|患者|病人|被験者|환자|pat_?(id|nr|no)\\b",
  "u",
);
const caseWords = words("person case caseid pid mrn subj pat fall fallnummer utente hasta sujet");

const idWords = words(
  "id ids uid uuid guid ident identifier identity record recordid recordno study studyid studyuid accession",
  "accessionnumber accessionno acc pseudonym pseudonyms pseudo pseudoid pseudonymid pseudonymized anon anonid",
  "anonymous code key hash exam examid examination visit encounter admission stay dossier ipp nip nhc cip mpi",
  "kennung kennziffer kurzel kuerzel nummer nr no num number aktenzeichen identifiant identificador",
  "identificativo folio expediente historia codigo codice numero cislo nhs ssn номер код",
);

/** Words of what is measured, of categories, of places and persons other than the patient. */
const otherWords = words(
  "age sex gender weight height bmi size position orientation date datum fecha data time year month day birth dob",
  "status outcome name type kind class label target group arm cohort category history count diagnosis finding icd",
  "alter geschlecht grosse gewicht edad sexo sesso eta leeftijd geslacht peso score grade stage severity",
  "view projection modality body part side laterality protocol sequence slice frame phase offset width rows columns",
  "site centre center hospital clinic klinik zentrum hopital centro hospitalid ward station room location country",
  "device scanner machine manufacturer model vendor reader annotator rater operator physician doctor radiologist",
  "batch fold split subset set source dataset project license licence url doi link attribution modified version",
  "image img file filename path picture photo of per lesion index zip postcode phone",
);

export function readPatientName(name: string): PatientName {
  if (hasWordOf(name, otherWords)) return "none";
  if (patientPattern.test(foldedText(name))) return "patient";
  if (hasWordOf(name, caseWords)) return "case";
  return hasWordOf(name, idWords) ? "id" : "unknown";
}
