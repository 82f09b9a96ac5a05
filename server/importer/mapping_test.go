package importer_test

import (
	"slices"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/wire"
	"rapport/server/workspace"
)

func TestOwnersCanBecomeTheImporter(t *testing.T) {
	o := newOffice(t)
	v := o.upload("deals.csv", generated(24))
	v.Settings.Owners = wire.OwnersMe
	o.begin(v)
	o.finish(v.ID)
	deal := o.deals()["D000001"]
	if deal.ID(crm.KeyOwner) != o.ana.UserID || deal.String("source") != "Agent 1" || o.count(crm.TypeUser) != 1 {
		t.Errorf("deal %v", deal)
	}
}

func TestAnOwnerWhomNobodyKnowsIsKeptHoweverHisNameIsSpelt(t *testing.T) {
	o := newOffice(t)
	v := o.upload("deals.csv", "id,title,owner\nA,Awning,Kim Larsen\nB,Beacon,KIM LARSEN\nC,Canvas,Ana Petrova\n")
	v.Settings.Owners = wire.OwnersMe
	o.begin(v)
	o.finish(v.ID)
	for id, source := range map[string]string{"A": "Kim Larsen", "B": "KIM LARSEN", "C": ""} {
		if deal := o.deals()[id]; deal.ID(crm.KeyOwner) != o.ana.UserID || deal.String("source") != source {
			t.Errorf("%s: %v, want the source %q", id, deal, source)
		}
	}
}

func TestAPipelineOfAnImportCanBeSavedAgain(t *testing.T) {
	o := newOffice(t)
	long := strings.Repeat("Leads of the autumn fair ", 6)
	v := o.load(long+".csv", "id,title,stage\nA,Awning,Ordered\nB,Beacon,"+long+"\n")
	if v.Counts.Created != 1 || v.Counts.Refused != 1 {
		t.Fatalf("%+v", v.Counts)
	}
	var line pipeline.Pipeline
	var version uint64
	o.read(func(s *workspace.State) {
		s.Each(crm.TypePipeline, func(rec crm.Record) bool {
			if p := pipeline.Parse(rec); strings.HasPrefix(p.Name, "Leads") {
				line, version = p, rec.Version
			}
			return true
		})
	})
	args := pipeline.SaveArgs{ID: line.ID, BasedOn: version, Name: line.Name}
	for _, s := range line.Stages {
		args.Stages = append(args.Stages, pipeline.StageArgs{ID: s.ID, Name: s.Name, Kind: string(s.Kind), Probability: s.ProbabilityPct})
	}
	if _, err := pipeline.New(o.ws).SavePipeline(t.Context(), o.command("pipeline.save"), args); err != nil || line.ID == "" {
		t.Errorf("%q with %d stages: %v", line.Name, len(line.Stages), err)
	}
}

func TestStagesCanBeMappedToAnExistingPipeline(t *testing.T) {
	o := newOffice(t)
	v := o.upload("deals.csv", generated(8))
	o.read(func(s *workspace.State) {
		s.Each(crm.TypePipeline, func(rec crm.Record) bool { v.Settings.PipelineID = string(rec.ID); return true })
	})
	v.Settings.Stages = nil
	shown, err := o.imports.Preview(t.Context(), o.ana, crm.ID(v.ID), v.Settings)
	if err != nil {
		t.Fatal(err)
	}
	// The first pipeline has stages Won and Lost, and asks for a reason on losing.
	for _, s := range shown.Analysis.Stages {
		if (s.Name == "Won" || s.Name == "Lost") != (s.StageID != "") {
			t.Errorf("stage %+v", s)
		}
	}
	o.begin(shown)
	v = o.finish(v.ID)
	if v.State != wire.ImportDone || v.Counts.Refused != 2 || v.Counts.Created != 6 || o.count(crm.TypePipeline) != 1 {
		t.Errorf("%+v, %d pipelines", v.Counts, o.count(crm.TypePipeline))
	}
	if name := o.stageName(o.deals()["D000002"]); name != "Engaging" {
		t.Errorf("stage %q", name)
	}
	if !slices.ContainsFunc(o.result(v.ID), func(row []string) bool { return strings.Contains(row[4], "lost_reason_required") }) {
		t.Error("the result does not say that a reason is missing")
	}
}

func TestAnImportBringsDealsIntoStagesThatMovesCannotReach(t *testing.T) {
	o := newOffice(t)
	var first crm.Record
	o.read(func(s *workspace.State) {
		s.Each(crm.TypePipeline, func(rec crm.Record) bool { first = rec; return false })
	})
	stages := pipeline.Parse(first).Stages
	proposal, won := stages[2], stages[4]
	stages[4].From = []string{proposal.ID}
	_, err := o.ws.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return tx.Edit(first.ID, crm.Fields{"stages": pipeline.StagesValue(stages)}, nil)
	}})
	if err != nil {
		t.Fatal(err)
	}
	v := o.load("deals.csv", "opportunity_id,account,deal_stage,close_date\nA1,Acme,Won,2026-02-17\n")
	if v.Counts.Created != 1 || o.deals()["A1"].String(crm.KeyStage) != won.ID {
		t.Fatalf("%+v %v", v.Counts, o.deals())
	}
}

func TestHeadersOfOtherLanguagesAreRecognised(t *testing.T) {
	for _, row := range []struct{ language, file string }{
		{"Russian", "Номер;Клиент;Этап;Сумма;Ответственный;Дата создания\nA1;ООО Ромашка;Переговоры;1 500,50;Мария;05.03.2026\n"},
		{"Spanish", "id;cliente;etapa;importe;responsable;fecha de inicio\nA1;ООО Ромашка;Negociación;1.500,50;Мария;05/03/2026\nA2;B;Negociación;1;C;25/03/2026\n"}, //nolint:misspell // Spanish
		{"Chinese", "編號,客戶,階段,金額,負責人,開始日期\nA1,ООО Ромашка,談判,\"1,500.50\",Мария,2026年3月5日\n"},
		{"English, spelled otherwise", "Deal ID|Account Name|dealStage|Deal_Value|Deal Owner|Create Date\nA1|ООО Ромашка|Negotiation|$1,500.50|Мария|2026-03-05\n"},
	} {
		t.Run(row.language, func(t *testing.T) {
			o := newOffice(t)
			v := o.load("deals.csv", row.file)
			deal := o.deals()["A1"]
			m, _ := deal.Money("amount")
			if v.Counts.Refused != 0 || m != (crm.Money{Amount: 150050, Currency: "USD"}) || deal.String("startedOn") != "2026-03-05" || deal.String("title") != "ООО Ромашка" {
				t.Errorf("%+v %v", v.Counts, deal)
			}
		})
	}
}

func TestContactsAreMadeOnceAndLinked(t *testing.T) {
	o := newOffice(t)
	o.load("deals.csv", "title,company,contact,email,phone\nA,Acme,Joe Doe,joe@acme.example,+1 202-555-0101\nB,Acme,Joe Doe,JOE@acme.example,\nC,Beta,Joe Doe,,\n")
	if o.count(crm.TypeContact) != 2 || o.count(crm.TypeCustomer) != 2 {
		t.Errorf("%d contacts, %d customers", o.count(crm.TypeContact), o.count(crm.TypeCustomer))
	}
	deals := o.deals()
	if deals["A"].ID("contactId") == "" || deals["A"].ID("contactId") != deals["B"].ID("contactId") || deals["C"].ID("contactId") == deals["A"].ID("contactId") {
		t.Errorf("contacts %v %v %v", deals["A"].ID("contactId"), deals["B"].ID("contactId"), deals["C"].ID("contactId"))
	}
}

func TestOwnersCanBeMappedToPeople(t *testing.T) {
	o := newOffice(t)
	v := o.upload("deals.csv", "opportunity_id,title,owner\n1,A,A. P.\n2,B,A. P.\n3,C,Ana Petrova\n4,D,Bo\n")
	people := v.Analysis.People
	if len(people) != 3 || people[0] != (wire.ImportPerson{Name: "A. P.", Rows: 2}) || people[2].UserID != string(o.ana.UserID) {
		t.Fatalf("people %+v", people)
	}
	v.Settings.People = []wire.ImportPerson{{Name: "a. p.", UserID: string(o.ana.UserID)}, {Name: "Ana Petrova"}}
	o.begin(v)
	o.finish(v.ID)
	deals := o.deals()
	if deals["1"].ID(crm.KeyOwner) != o.ana.UserID || deals["2"].ID(crm.KeyOwner) != o.ana.UserID {
		t.Errorf("mapped by hand: %v", deals["1"])
	}
	if owner := deals["3"].ID(crm.KeyOwner); owner == o.ana.UserID || owner == deals["4"].ID(crm.KeyOwner) || o.count(crm.TypeUser) != 3 {
		t.Errorf("chosen to be somebody new: %v", deals["3"])
	}
}

func TestNumbersThatCanBeReadBothWaysSaySo(t *testing.T) {
	o := newOffice(t)
	for _, row := range []struct {
		rule, file string
		column     wire.ImportColumn
	}{
		{"one separator before three digits is either", "title,probability\nA,\"1,234\"\n", wire.ImportColumn{Field: "probability", Decimal: ".", Unsure: true}},
		{"one number that tells is enough for all", "title,probability\nA,\"1,234\"\nB,\"0,5\"\n", wire.ImportColumn{Field: "probability", Decimal: ","}},
		{"amounts have no three decimals", "title,amount\nA,\"1,234\"\n", wire.ImportColumn{Field: "amount", Decimal: "."}},
		{"whole numbers need no separator", "title,probability\nA,10\n", wire.ImportColumn{Field: "probability", Decimal: "."}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			v := o.upload("deals.csv", row.file)
			if got := v.Settings.Columns[1]; got != row.column {
				t.Errorf("%+v, want %+v", got, row.column)
			}
			again, err := o.imports.Preview(t.Context(), o.ana, crm.ID(v.ID), v.Settings)
			if err != nil || again.Settings.Columns[1] != row.column {
				t.Errorf("asked again: %+v, %v", again.Settings.Columns[1], err)
			}
			v.Settings.Columns[1].Decimal, v.Settings.Columns[1].Unsure = ",", false
			again, err = o.imports.Preview(t.Context(), o.ana, crm.ID(v.ID), v.Settings)
			if err != nil || again.Settings.Columns[1].Unsure {
				t.Errorf("chosen: %+v, %v", again.Settings.Columns[1], err)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	o := newOffice(t)
	for _, row := range []struct {
		rule, file string
		header     int
		top        []string
	}{
		{"below a title", "Pipeline of spring\n\ntitle;amount\nA;1\n", 3, []string{"Pipeline of spring"}},
		{"answers are no names of columns, however often", "Prospect;Asked;Likes;Score\nA;No;No;1\nB;No;No;2\n", 1, []string{"Prospect", "Asked", "Likes", "Score"}},
		{"known words beside a number are values", "A;Email;Phone;7\nB;Email;Phone;8\n", 0, []string{"A", "Email", "Phone", "7"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			v := o.upload("deals.csv", row.file)
			if v.Settings.HeaderRow != row.header || !slices.Equal(v.Analysis.Top[0], row.top) {
				t.Errorf("header %d, top %q", v.Settings.HeaderRow, v.Analysis.Top)
			}
		})
	}
}
