package importer_test

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/server/wire"
)

// publicFolder is where public files of other programs lie when they are at
// hand: named by RAPPORT_PUBLIC_DATA, else beside the checkout. None of them
// belongs to the project; the rules that they hold the importer to have tests of
// their own with made files.
func publicFolder() string { return cmp.Or(os.Getenv("RAPPORT_PUBLIC_DATA"), "../../../shared/data") }

// publicFile reads one of them, or skips the test.
func publicFile(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(publicFolder(), name))
	if err != nil {
		t.Skip("the public file is not at hand")
	}
	return string(raw)
}

// TestPublicTablesAreReadAsTheirOwnersSay holds the reading of whole files
// against the numbers of records that come with them.
func TestPublicTablesAreReadAsTheirOwnersSay(t *testing.T) {
	o := newOffice(t)
	for _, row := range []struct {
		file      string
		encoding  string
		delimiter string
		header    int
		total     int
		fields    map[int]string // of columns by position
		first     string         // in the first column that is mapped
	}{
		{"leads-x-education/Leads.csv", "utf-8", ",", 1, 9240, map[int]string{3: "source"}, "Olark Chat"},
		{"bank-marketing/bank-additional.csv", "utf-8", ";", 1, 4119, nil, ""},
		{"salesforce-wave-sales/Opportunity.csv", "utf-8", ",", 1, 5197, map[int]string{2: "amount", 5: "title", 7: "stage", 10: "closeOn"}, ""},
		{"hubspot-hygiene-sample/deals.csv", "utf-8", ",", 1, 120, map[int]string{1: "title", 2: "stage", 3: "amount", 4: "owner"}, ""},
		{"spanish-latin1-customers/clientes.csv", "windows-1252", ",", 1, 1000, map[int]string{1: "customer", 2: "contactEmail"}, ""},
		{"russian-contacts/client_b_import.cp1251.csv", "windows-1251", ";", 1, 50, map[int]string{4: "contactPhone", 6: "contactEmail"}, ""},
		{"russian-contacts/agents_k_import.cp1251.tsv.csv", "windows-1251", "\t", 1, 100, nil, ""},
		{"russian-contacts/clientservice_s_import.utf8-bom.csv", "utf-8", ";", 1, 100, map[int]string{0: "customer", 2: "product"}, ""},
		{"taiwan-orgs-big5/orglist.csv", "big5", ",", 1, 15841, map[int]string{1: "customer"}, "國民大會"},
		{"twse-listed-companies/t187ap03_L.2022-11-19.csv", "utf-8", ",", 1, 980, map[int]string{2: "customer"}, ""},
		{"csv-edge-cases/messytables_mixedGLB.csv", "utf-8", ",", 4, 133, nil, ""},
		{"csv-edge-cases/openrefine_example-utf16le-bom.tsv", "utf-16le", "\t", 1, 2, map[int]string{6: "title", 10: "externalId"}, ""},
	} {
		t.Run(row.file, func(t *testing.T) {
			v := o.upload(filepath.Base(row.file), publicFile(t, row.file))
			set := v.Settings
			if set.Encoding != row.encoding || set.Delimiter != row.delimiter || set.HeaderRow != row.header || v.Analysis.Forecast.Counts.Total != row.total {
				t.Errorf("%s %q header %d, %d rows", set.Encoding, set.Delimiter, set.HeaderRow, v.Analysis.Forecast.Counts.Total)
			}
			for at, field := range row.fields {
				if set.Columns[at].Field != field {
					t.Errorf("column %q becomes %q, want %q", v.Analysis.Headers[at], set.Columns[at].Field, field)
				}
			}
			if row.first != "" && firstMapped(v) != row.first {
				t.Errorf("the first value is %q, want %q", firstMapped(v), row.first)
			}
		})
	}
}

func firstMapped(v wire.Import) string {
	for i, c := range v.Settings.Columns {
		if c.Field != "" {
			return v.Analysis.Rows[0].Cells[i].Text
		}
	}
	return ""
}

// TestPublicFilesOfOtherKindsAreRefusedInWords does so before anything of them is kept.
func TestPublicFilesOfOtherKindsAreRefusedInWords(t *testing.T) {
	o := newOffice(t)
	for file, reason := range map[string]string{
		"odoo-crm-templates/crm_lead.xls":                   "workbook",
		"odoo-crm-templates/res_partner.xlsx":               "workbook",
		"odoo-crm-templates/crm_lead_demo.xml":              "not_a_table",
		"vcards/John_Doe_IPHONE.vcf":                        "not_a_table",
		"csv-edge-cases/dataloader_csvtext_BOM_UTF32LE.csv": "not_text",
	} {
		t.Run(file, func(t *testing.T) {
			raw := strings.NewReader(publicFile(t, file))
			if _, err := o.imports.Upload(t.Context(), o.ana, filepath.Base(file), raw); reasonOf(err) != reason {
				t.Errorf("got %v, want %s", err, reason)
			}
		})
	}
}
