// Made by scripts/gentypes from server/wire; change it there.
// Numbers are whole and below 2^53 unless a comment says otherwise.

/** SetupNeeded answers GET /setup. */
export interface SetupNeeded {
  needed: boolean; // there is nobody yet: show the first visitor the setup
}

/** SetupRequest is the body of POST /setup. */
export interface SetupRequest {
  company: string;
  currency: string; // ISO 4217
  timeZone: string; // IANA name, for example Europe/Berlin
  name: string;
  email: string;
  password: string; // 10..200 characters, kept exactly
  language: string; // en | ru | es | zh-Hant; "" = en
}

/** SignInRequest is the body of POST /session. */
export interface SignInRequest {
  email: string;
  password: string;
}

/**
 * SignedIn answers everything that opens a session; the session itself is in
 * the cookie.
 */
export interface SignedIn {
  userId: string;
}

/** Devices answers GET /devices, newest first. */
export interface Devices {
  devices: Device[];
}

/** Device is a place where a person is signed in. */
export interface Device {
  id: string;
  name: string; // "Firefox on Linux"; "" when unknown
  signedInAt: string;
  lastSeenOn: string; // date
  endsAt: string;
  current: boolean; // the one that asks
}

/** PasswordRequest is the body of POST /password. */
export interface PasswordRequest {
  current: string;
  password: string;
}

/** InviteRequest is the body of POST /invitations. */
export interface InviteRequest {
  email: string;
  name: string; // a suggestion; may be ""
  departmentId: string;
  role: string; // guest | member | lead | head | admin
}

/**
 * Link answers POST /invitations and POST /people/:id/reset-link: the only time
 * the link is shown. Its token is behind a #, which browsers send to nobody.
 */
export interface Link {
  id: string;
  path: string; // to be put behind the address of the server
  token: string;
  expiresAt: string;
}

/** OpenLinks answers GET /invitations: the links not used yet, newest first. */
export interface OpenLinks {
  links: OpenLink[];
}

/**
 * OpenLink is an invitation, or a link by which a person sets a new password,
 * without its token. An invitation has an e-mail, a department and a role, the
 * other the person.
 */
export interface OpenLink {
  id: string;
  kind: string; // invite | reset
  email?: string;
  name?: string;
  departmentId?: string;
  role?: string;
  userId?: string;
  madeBy: string; // user id
  madeAt: string;
  expiresAt: string;
}

/** LinkRequest is the body of POST /invitations/look, for both kinds of links. */
export interface LinkRequest {
  token: string;
}

/** LinkView is what the holder of a link sees before using it. */
export interface LinkView {
  kind: string; // invite | reset
  workspace: string; // the company's name
  email: string;
  name?: string;
  expiresAt: string;
}

/** AcceptRequest is the body of POST /invitations/accept. */
export interface AcceptRequest {
  token: string;
  name: string;
  password: string;
  language: string; // "" = en
}

/** ResetRequest is the body of POST /reset. */
export interface ResetRequest {
  token: string;
  password: string;
}

/** ImportState says where an import stands. */
export type ImportState =
  | 'uploaded' // the file is here; nothing is imported yet
  | 'running' // also while it waits for another import
  | 'done' // see Counts; Result can be fetched
  | 'cancelled' // what was written until then stays; undo takes it back
  | 'failed'; // see Problem; what was written until then stays

/**
 * Import is an uploaded file and what became of it. Only the person who
 * uploaded it gets to see it. One command undo{group: id} takes all of it back.
 */
export interface Import {
  id: string;
  name: string; // of the file
  size: number; // bytes
  createdAt: string;
  state: ImportState;
  counts: ImportCounts;
  problem?: string; // reason key "problem.<reason>" of a failed import
  settings: ImportSettings; // as recognised, or as chosen when it was started
  analysis?: ImportAnalysis; // while the file waits to be imported
  sameAs?: string; // id of an earlier import of the very same file
  hasResult: boolean; // GET …/rows and …/result answer
  undoable: boolean; // it wrote something, and that was not taken back
  undone: boolean; // it was taken back
  undoneBy?: string; // undo{group} of this brings everything back
  boardId?: string; // where the deals can be seen
}

/** ImportCounts counts rows. Created + Matched + Refused = Done. */
export interface ImportCounts {
  total: number; // rows below the header that hold anything
  done: number;
  created: number;
  matched: number; // deals that were there already
  refused: number;
}

/** ImportList holds a person's imports, newest first. */
export interface ImportList {
  imports: Import[]; // without Analysis
}

/**
 * ImportSettings says how to read a file and what to make of it. An empty text
 * means "as recognised".
 */
export interface ImportSettings {
  encoding: string; // one of ImportAnalysis.Encodings
  delimiter: string; // "," ";" "|" or a tab
  /**
   * HeaderRow is the number of the row with the column names, from 1; 0 = the
   * file has none, -1 = as recognised.
   */
  headerRow: number;
  columns: ImportColumn[]; // by position; columns beyond the last are left out; none = as recognised
  /**
   * Target is where the deals go. PipelineID "" makes a new pipeline and its
   * board of the given name.
   */
  pipelineId: string;
  pipelineName: string;
  departmentId: string; // whose records they become
  /**
   * Stages maps the stage names of the file; names that are missing here are
   * matched or created as recognised.
   */
  stages: ImportStage[];
  /**
   * People maps the owners of the file; those that are missing here are found
   * by name or e-mail.
   */
  people: ImportPerson[];
  owners: ImportOwners; // what to do with owners that nobody here is
  currency: string; // of amounts that name none
}

/** ImportOwners says what becomes of owners who are not in the workspace. */
export type ImportOwners =
  | ''
  | 'create'
  | 'me';

/** DateOrder says how a column writes dates. */
export type DateOrder =
  | 'ymd' // 2026-11-24, also with 年月日
  | 'dmy' // 24.11.2026, 24/11/2026, 24 Nov 2026
  | 'mdy' // 11/24/2026, Nov 24, 2026
  | 'ask';

/** ImportColumn says what one column of the file becomes. */
export interface ImportColumn {
  /**
   * Field is a field of a deal ("amount", "fields.industry"), or one of
   * "customer" (name), "contact" (name), "contactEmail", "contactPhone",
   * "owner" (name or e-mail), "stage" (name), "currency", "closeOn" (expected
   * or real day of closing, by the stage). "" leaves the column out.
   */
  field: string;
  dateOrder?: DateOrder; // of date fields
  decimal?: string; // of amounts and numbers: "." or ","
  /**
   * Unsure: all numbers of the column can be read both ways, and nobody has
   * chosen Decimal.
   */
  unsure?: boolean;
}

/** ImportStage maps one stage name of the file. */
export interface ImportStage {
  name: string; // as in the file
  stageId: string; // a stage of the pipeline; "" creates one
  kind: string; // of a created one: open | won | lost
  probability: number;
  rows: number; // answer only
}

/** ImportPerson maps one owner of the file. */
export interface ImportPerson {
  name: string; // as in the file: a name or an e-mail
  userId: string; // "": nobody here; see ImportSettings.Owners
  rows: number; // answer only
}

/** ImportAnalysis is what the server read out of the file. */
export interface ImportAnalysis {
  encodings: string[]; // that can be chosen; the most likely first
  sure: boolean; // whether the encoding is certain
  top: string[][]; // the first rows of the file, from which a header can be chosen
  headers: string[];
  samples: string[][]; // up to 3 values of each column
  fields: string[]; // that a column may become
  rows: ImportRow[]; // the first rows as they would be imported
  stages: ImportStage[]; // of the file, in the order of a pipeline
  people: ImportPerson[]; // of the file, at most 300: names that nobody here has first, then by number of rows
  forecast: ImportForecast;
  problems: ImportProblem[]; // by number of rows, at most 50
  rights: ImportRights;
}

/** ImportRights says what the importer may make besides deals. */
export interface ImportRights {
  pipelines: boolean; // pipelines, boards and stages
  people: boolean;
}

/** ImportForecast is what the import of the whole file would do. */
export interface ImportForecast {
  counts: ImportCounts;
  completed: number; // deals that are there already and get values that they lack
  customers: number; // to be created
  contacts: number;
  people: string[]; // owners that nobody here has, at most 100
  stages: number; // to be created
}

/** ImportRow is one row of the file as it would be imported. */
export interface ImportRow {
  row: number; // in the file, from 1
  fate: string; // create | match | refuse
  cells: ImportCell[];
  reason?: string; // of the row as a whole, "problem.<reason>"
}

/** ImportCell is one value. */
export interface ImportCell {
  text: string; // as in the file
  value?: unknown; // as it would be kept: text, number, Money
  problem?: string; // reason key "problem.<reason>"
}

/** ImportProblem sums up one kind of problem. */
export interface ImportProblem {
  field: string; // "" for the row as a whole
  problem: string;
  rows: number;
  firstRow: number;
}

/**
 * ImportPreviewRequest asks what an import would do with these settings. The
 * answer is an Import.
 */
export interface ImportPreviewRequest {
  settings: ImportSettings;
}

/**
 * ImportRows is a page of what became of the rows of an import, in the order of
 * the file.
 */
export interface ImportRows {
  rows: ImportOutcome[];
  next?: number; // give back as ?after=
}

/** ImportOutcome is what became of one row. */
export interface ImportOutcome {
  row: number; // in the file, from 1
  fate: string; // created | matched | refused
  dealId?: string; // not of a refused row, nor of a deal that you may not see any more
  title: string;
  problems?: ImportMisfit[]; // of a refused row
}

/** ImportMisfit is one reason for which a row was refused. */
export interface ImportMisfit {
  column: string; // its header, or the field it becomes; "": the row as a whole
  text: string; // the cell as in the file
  problem: string; // reason key "problem.<reason>"
}

/**
 * ProtocolVersion is the version of the socket protocol; Hello names the one
 * its sender speaks.
 */
export const protocolVersion = 1;

/** Subprotocol is what both sides name in the WebSocket handshake. */
export const subprotocol = 'crm.v1';

/** Position is a place in the log, see synclog.Position. */
export interface Position {
  epoch: string;
  offset: number;
}

/** Money is an amount in minor units of a currency. */
export interface Money {
  amount: number;
  currency: string; // ISO 4217
}

/** Record is a document as one viewer may see it. */
export interface WireRecord {
  t: string;
  id: string;
  v: number;
  f: { [key: string]: unknown };
  /** Masked names the field groups of this record that the viewer may not see. */
  m?: string[];
}

/** Table carries many records of one type as rows, to spare bytes. */
export interface Table {
  t: string;
  keys: string[];
  /** Rows: [id, version, masked group names ([] or null), value of keys[0], …]; null = no value. */
  rows: unknown[][];
  /**
   * Words has, for each of Keys, the texts that its column repeats: the rows then
   * hold a text's place in them. A column that repeats none has none.
   */
  words?: string[][];
  /**
   * Part: the rows hold these fields only; others of the same record are not
   * known from here.
   */
  part?: boolean;
}

/** Mode says how a client gets from its position to the present. */
export type Mode =
  | 'replay' // frames go on from your position
  | 'snapshot'; // load what you show again, at Position or later, and replace your state

/**
 * Welcome answers Hello. It may also come later, with ModeSnapshot: then what
 * this viewer may see changed so much that loading it again is cheaper.
 */
export interface Welcome {
  type: 'welcome';
  protocol: number;
  mode: Mode;
  position: Position; // the next frame begins behind it
  audience: string; // opaque token; give it back in the next hello
  serverTime: string;
  heartbeatMs: number;
  build: string;
  ageMs?: number; // as in Heartbeat
}

/**
 * EntriesFrame carries all visible entries of the range (After, UpTo]. After
 * equals the UpTo of the frame before; if it does not, something was lost:
 * connect again.
 */
export interface EntriesFrame {
  type: 'entries';
  epoch: string;
  after: number;
  upTo: number;
  audience?: string; // the viewer's new token, set when this range ends in a change of his audience
  entries: Entry[];
}

/**
 * Entry is one committed change as one viewer may see it. Entries without a
 * visible op are left out of frames. One that tells him of new versions alone,
 * because what changed is masked, has nothing but its offset and ops.
 */
export interface Entry {
  offset: number;
  at?: string;
  by?: string; // user id; empty: the system, or somebody this viewer may not see
  commandId?: string;
  command?: string;
  ops: Op[];
}

/** OpKind says what to do with the record of an Op. */
export type OpKind =
  | 'show' // the whole record; replaces what you have
  | 'set' // changed fields of a record you have
  | 'hide' // out of your sight; forget it
  | 'delete'; // in the trash

/** Op is what changed of one record for one viewer. */
export interface Op {
  op: OpKind;
  t: string;
  id: string;
  v?: number;
  f?: { [key: string]: unknown }; // show, set
  unset?: string[]; // set
  m?: string[]; // show
}

/** Heartbeat proves that nothing is missing up to Offset, the UpTo of the last frame. */
export interface Heartbeat {
  type: 'heartbeat';
  offset: number;
  time: string;
  /**
   * AgeMs is for how long the server has not been able to make sure that there
   * is nothing newer; absent while it has.
   */
  ageMs?: number;
}

/**
 * Presence lists everybody else on the boards and records this tab watches, as far
 * as there is room; it replaces the list before.
 */
export interface Presence {
  type: 'presence';
  people: PresentPerson[];
  more?: number; // people beyond those
}

/** PresentPerson is one person on one screen. */
export interface PresentPerson {
  userId: string;
  screen: string; // one browser tab
  boardId?: string;
  record?: string; // the record that is open
  holding?: string; // the card being dragged or edited
}

/** Progress reports long work to the person who started it. */
export interface Progress {
  type: 'progress';
  importId: string;
  state: string; // running | done | cancelled | failed
  done: number;
  total: number;
  created: number;
  matched: number;
  refused: number;
  waiting?: string; // the reason why it cannot go on at the moment, as in a Problem; it does by itself
}

/** ByeReason says why the server closes a socket. */
export type ByeReason =
  | 'restart' // 4012: the server goes down or makes room
  | 'lagging' // 4008: you read too slowly, entries you miss have left the ring
  | 'behind' // 4013: this node has not reached your position
  | 'limit' // 4029: too many messages, too fast
  | 'failed' // 4011: a fault of the server
  | 'protocol' // 4004: a message that no client of ours sends
  | 'session_ended' // 4501: sign in again
  | 'version' // 4505: this app is too old or too new; load it again
  | 'replaced'; // 4509: the same person opened too many tabs after this one

/** Bye announces that the server closes the socket on purpose. */
export interface Bye {
  type: 'bye';
  reason: ByeReason;
  retryMs: number; // wait that long before connecting again
}

/** Hello is the first message of a client. */
export interface Hello {
  type: 'hello';
  protocol: number;
  position: Position | null; // null: I have nothing
  audience: string;
  screen: string; // ULID of this tab
}

/** Watch says what this tab shows; it replaces the watch before. Presence goes by it. */
export interface Watch {
  type: 'watch';
  boardId: string;
  record: string;
  holding: string;
}

/** Problem is an error body (RFC 9457, application/problem+json). */
export interface Problem {
  type: string; // "about:blank"
  title: string;
  status: number;
  code: string; // crm.Code
  reason: string; // catalogue key "problem.<reason>"
  fields?: { [key: string]: string }; // field -> reason key "problem.<reason>"
  params?: { [key: string]: string };
  current?: WireRecord; // after conflict: the record as you may see it now
  traceId?: string;
}

/** CommandResult answers a command. */
export interface CommandResult {
  position: Position; // apply entries up to here and your command is on your screen
  offset: number; // of the entry; 0 when nothing had to change
  records: WireRecord[]; // what the command changed, as you may see it (at most 20)
  repeated?: boolean; // this commandId had been done before
}

/** Bootstrap is what the app needs before its first screen. */
export interface Bootstrap {
  position: Position;
  audience: string;
  userId: string;
  build: string;
  /**
   * Records: workspace, departments, users, memberships, pipelines, boards,
   * fields, rules – those this person may see.
   */
  records: WireRecord[];
  /** Schema: the predefined record types and their fields. */
  schema: RecordTypeInfo[];
  /**
   * May: what this person may do somewhere, "<action>:<type>", so that the app
   * does not offer what must be refused. The server decides again each time.
   */
  may: string[];
  /**
   * Reach: the same for what an app decides record by record, by "<action>:<type>":
   * move:deal, create:board, administer:pipeline, administer:field.
   */
  reach: { [key: string]: Reach };
}

/**
 * Reach says whose records of a type somebody may do something to. Rules about
 * single boards, and what was shared one by one, come on top.
 */
export interface Reach {
  own: boolean; // his own, wherever they are
  departments: string[]; // those of these departments; "": those of none
}

/** RecordTypeInfo describes a record type. */
export interface RecordTypeInfo {
  type: string;
  fields: FieldInfo[];
}

/** FieldInfo describes a field. */
export interface FieldInfo {
  key: string;
  kind: string;
  group: string;
  labels?: { [key: string]: string }; // custom fields; predefined ones have catalogue keys "field.<type>.<key>"
  choices?: Choice[];
  linkType?: string;
  required?: boolean;
  readOnly?: boolean;
  why?: string; // custom fields: what the admin who defined it says for it
}

/** Choice is one value of a choice field. */
export interface Choice {
  key: string;
  labels?: { [key: string]: string };
}

/** BoardView is a board with its deals. */
export interface BoardView {
  position: Position;
  audience: string;
  boardId: string;
  tables: Table[]; // deals, and the customers they name
}

/** RecordList is one page of a list. */
export interface RecordList {
  position: Position;
  records: WireRecord[];
  total: number; // of all pages
  more?: boolean; // Total is where counting stopped
  next?: string; // give back as ?after=
}

/**
 * TrashList is a page of what a person may restore, what was thrown away last
 * first. The records carry trashedAt and trashedBy; they are out of sight
 * otherwise, and no screen counts them among those it shows.
 */
export interface TrashList {
  position: Position;
  records: WireRecord[];
  total: number; // of all pages
  next?: string; // give back as ?after=
}

/** RecordView is one record with what hangs on it. */
export interface RecordView {
  position: Position;
  record: WireRecord;
  related: WireRecord[]; // its comments, contacts, deals, customer – as far as visible
  may: string[]; // actions on this record: edit, move, assign, comment, delete, share
}

/** History is a page of what happened to a record, newest first. */
export interface History {
  entries: HistoryEntry[];
  next?: number; // give back as ?before=
}

/** HistoryEntry is one change of one record. */
export interface HistoryEntry {
  offset: number;
  at: string;
  by?: string;
  source: string;
  command: string;
  undoes?: number;
  created?: boolean; // it made the record
  mayUndo: boolean;
  changes: FieldChange[];
}

/** FieldChange is the old and new value of one field; absent means no value. */
export interface FieldChange {
  key: string;
  from?: unknown;
  to?: unknown;
}

/**
 * Readers answers GET /records/:id/readers: who sees a record, or a board and the
 * deals there. The record's own department comes first. Departments and people
 * that the asking person may not see are not told of.
 */
export interface Readers {
  readers: Reader[];
}

/** Reader is a department, or one person. */
export interface Reader {
  departmentId?: string;
  /** Part: several of the department's people see it, not all. */
  part?: boolean;
  userId?: string; // instead of a department: the only one there who sees it
  without: string[]; // field groups that none of them sees
  /** Comments: what is said about the record can be read too. */
  comments: boolean;
}

/** Explanation names the rule that decided. */
export interface Explanation {
  allowed: boolean;
  ruleId?: string; // "": no rule matched, and no match means no
  reason: string; // catalogue key "why.<reason>"
  rule?: RuleText;
  groups: string[]; // field groups you may see
}

/** RuleText is a rule in its words. */
export interface RuleText {
  who: string;
  effect: string;
  action: string;
  what: string;
  whose: string;
  fields: string;
}

/** What the server sends over the socket. */
export type ServerMessage =
  | Welcome
  | EntriesFrame
  | Heartbeat
  | Presence
  | Progress
  | Bye;

/** What the app sends over the socket. */
export type ClientMessage =
  | Hello
  | Watch;
