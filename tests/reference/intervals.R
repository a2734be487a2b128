# Limits of the noncentrality of t by inverting R's pt, and the power of two one-sided tests by R's integrate.
# Rscript tests/reference/intervals.R > tests/reference/intervals.csv
limit <- function(t, df, p) uniroot(function(d) pt(t, df, d) - p, c(-37, 37), tol = 1e-12)$root
cat("quantity,t,df,low,high\n")
for (df in c(2, 4, 9, 29, 109)) for (t in c(-3.2, -0.4, 0, 0.7, 2.5, 9.1)) {
  cat(sprintf("noncentrality,%g,%g,%.10f,%.10f\n", t, df, limit(t, df, 0.975), limit(t, df, 0.025)))
}
# margin over SD in column t, seeds in column df, power in column low
power <- function(ratio, n) {
  df <- n - 1; critical <- qt(0.95, df); reach <- ratio * sqrt(n)
  inside <- function(s) (2 * pnorm(reach - critical * s) - 1) * 2 * df * s * dchisq(df * s^2, df)
  cuts <- unique(pmin(c(0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 4, 8), reach / critical))
  sum(sapply(seq_len(length(cuts) - 1), function(i) integrate(inside, cuts[i], cuts[i + 1], rel.tol = 1e-11)$value))
}
for (n in c(3, 5, 10, 30, 110)) for (ratio in c(0.3, 0.5, 1, 2)) {
  cat(sprintf("equivalence,%g,%g,%.10f,\n", ratio, n, power(ratio, n)))
}
