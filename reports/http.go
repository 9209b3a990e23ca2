package reports

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/reports/indicators"
)

// defaultBasis is the basis of a report without one in its query.
const defaultBasis = "current"

// Routes mounts the reports. Officers, auditors, admins and managers may read them, each in their
// scope.
func (r *Reports) Routes(e *web.Edge) {
	huma.Register(e.API, huma.Operation{
		OperationID: "adoption-report", Method: http.MethodGet, Path: "/api/v1/reports/adoption",
		Tags:    []string{"reports"},
		Summary: "Report adoption by locality, in any basis",
	}, r.readAdoption)
	r.moreRoutes(e)
	e.Engine.GET("/api/v1/reports/adoption.csv", problem.Handle(r.exportAdoption))
	e.Document(huma.Operation{
		OperationID: "adoption-report-csv",
		Method:      http.MethodGet,
		Path:        "/api/v1/reports/adoption.csv",
		Tags:        []string{"reports"},
		Summary:     "The adoption report as CSV (UTF-8 with BOM), a line per locality and indicator; hidden cells hold a Vietnamese word",
		Parameters:  adoptionParameters(),
		Responses: map[string]*huma.Response{"200": {
			Description: "the report",
			Content:     map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	})
}

type adoptionInput struct {
	Basis    string `query:"basis" default:"current" doc:"districts_2024, communes_2025 or current"`
	AsOf     string `query:"as_of" doc:"a day, tomorrow at the latest; absent: today" example:"2026-11-22"`
	Campaign string `query:"campaign" doc:"code or id: only the pilots of this campaign"`
}

func (r *Reports) readAdoption(ctx context.Context, in *adoptionInput) (*web.Body[*Adoption], error) {
	report, err := r.Adoption(ctx, Question{Basis: in.Basis, AsOf: in.AsOf, Campaign: in.Campaign})
	if err != nil {
		return nil, err
	}
	return web.Answer(report, nil)
}

func (r *Reports) exportAdoption(c *gin.Context) error {
	basis := c.Query("basis")
	if basis == "" {
		basis = defaultBasis
	}
	report, err := r.Adoption(c.Request.Context(), Question{
		Basis: basis, AsOf: c.Query("as_of"),
		Campaign: c.Query("campaign"),
	})
	if err != nil {
		return err
	}
	body, err := report.csv()
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="adoption-`+report.Basis+"-"+report.AsOf+`.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", body)
	return nil
}

func adoptionParameters() []*huma.Param {
	parameter := func(name, doc string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return []*huma.Param{
		parameter("basis", "districts_2024, communes_2025 or current"),
		parameter("as_of", "a day, tomorrow at the latest; absent: today"),
		parameter("campaign", "only the pilots of this campaign"),
	}
}

// moreRoutes mounts the other endpoints of the reports.
func (r *Reports) moreRoutes(e *web.Edge) {
	read := func(id, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: "/api/v1/" + path,
			Tags: []string{"reports"}, Summary: summary,
		}
	}
	huma.Register(e.API, read("list-indicators", "indicators",
		"What the indicators mean, with the queries that run"), r.listIndicators)
	huma.Register(e.API, read("get-indicator", "indicators/{indicator}",
		"What an indicator means"), r.getIndicator)
	huma.Register(e.API, read("trend-report", "reports/trend",
		"An indicator at the ends of months"), r.readTrend)
	huma.Register(e.API, read("market-report", "reports/markets/{market}",
		"One market, with its zones and goods"), r.readMarket)
	huma.Register(e.API, read("drill-down", "reports/drill-down", "What a figure is made of"),
		r.readDrillDown)
	huma.Register(e.API, read("dormant-stalls", "markets/{id}/dormant",
		"Ready stalls without a payment in 30 days, of merchants who agreed"),
		r.listDormant)
}

func (r *Reports) listIndicators(
	ctx context.Context,
	_ *struct{},
) (*web.Body[*web.List[indicators.Definition]], error) {
	if _, err := roles.From(ctx); err != nil {
		return nil, err
	}
	list, err := indicators.Definitions()
	return web.Answer(&web.List[indicators.Definition]{Items: list}, err)
}

func (r *Reports) getIndicator(ctx context.Context, in *struct {
	Indicator string `path:"indicator" example:"I05"`
},
) (*web.Body[*indicators.Definition], error) {
	if _, err := roles.From(ctx); err != nil {
		return nil, err
	}
	list, err := indicators.Definitions()
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Code == in.Indicator || list[i].Name == in.Indicator {
			return web.Answer(&list[i], nil)
		}
	}
	return nil, problem.Missing("indicator")
}

// PlaceInput selects an indicator and a place. It is embedded in huma inputs.
type PlaceInput struct {
	Indicator string `query:"indicator" required:"true" example:"I05"`
	Basis     string `query:"basis" default:"current" doc:"districts_2024, communes_2025 or current"`
	Locality  string `query:"locality" doc:"id, or code in the basis; absent: all"`
	Campaign  string `query:"campaign" doc:"code or id: only its pilots"`
}

func (r *Reports) readTrend(ctx context.Context, in *struct {
	PlaceInput
	Market string `query:"market" doc:"id of a market, instead of a locality"`
	From   string `query:"from" doc:"the first month; by default the trend has a year" example:"2025-11"`
	To     string `query:"to" doc:"the last month; by default this one" example:"2026-10"`
	Months int    `query:"months" minimum:"1" maximum:"60" doc:"how many months, instead of the first; those before the data are left out" example:"18"`
},
) (*web.Body[*Trend], error) {
	q := Inquiry{
		Indicator: in.Indicator, Basis: in.Basis, Locality: in.Locality, Market: in.Market,
		Campaign: in.Campaign,
	}
	return web.Answer(r.Trend(ctx, q, Span{From: in.From, To: in.To, Months: in.Months}))
}

func (r *Reports) readMarket(ctx context.Context, in *struct {
	Market string `path:"market"`
	AsOf   string `query:"as_of" doc:"a day, tomorrow at the latest; absent: today"`
},
) (*web.Body[*MarketPage], error) {
	return web.Answer(r.Market(ctx, in.Market, in.AsOf))
}

func (r *Reports) readDrillDown(ctx context.Context, in *struct {
	PlaceInput
	AsOf string `query:"as_of" doc:"a day, tomorrow at the latest; absent: today"`
	By   string `query:"by" default:"market" doc:"market, zone, goods_group or kind"`
},
) (*web.Body[*DrillDown], error) {
	q := Inquiry{
		Indicator: in.Indicator, Basis: in.Basis, AsOf: in.AsOf, Locality: in.Locality, Campaign: in.Campaign,
		By: in.By,
	}
	return web.Answer(r.DrillDown(ctx, q))
}

func (r *Reports) listDormant(ctx context.Context, in *struct {
	web.Named
	web.Page
},
) (*web.Body[*web.List[DormantStall]], error) {
	return web.Answer(r.Dormant(ctx, in.ID, in.Page))
}
