# Friedman's, Nemenyi's and Wilcoxon's tests of the ranks in Demsar (2006), table 6, by R alone (R 4.2).
# Rscript tests/reference/ranks.R > tests/reference/ranks_expected.csv
data <- as.matrix(read.csv("tests/reference/ranks.csv", row.names = 1, check.names = FALSE))
n <- nrow(data); k <- ncol(data); ranks <- colMeans(data)
cat("a,b,quantity,value\n")
test <- friedman.test(data)
cat(sprintf(",,chi_squared,%.12g\n,,p,%.12g\n", test$statistic, test$p.value))
cat(sprintf(",,critical_difference,%.12g\n", qtukey(0.95, k, Inf) / sqrt(2) * sqrt(k * (k + 1) / (6 * n))))
for (i in 1:(k - 1)) for (j in (i + 1):k) {
  q <- abs(ranks[i] - ranks[j]) / sqrt(k * (k + 1) / (6 * n))
  p <- ptukey(q * sqrt(2), k, Inf, lower.tail = FALSE)
  cat(sprintf("%s,%s,p_nemenyi,%.12g\n", colnames(data)[i], colnames(data)[j], p))
}
# exact Wilcoxon tests, no ties: ten differences
d <- c(0.12, -0.03, 0.25, 0.31, 0.07, -0.02, 0.18, 0.22, 0.05, 0.28)
cat(sprintf(",,wilcoxon,%.12g\n", wilcox.test(d, exact = TRUE)$p.value))
