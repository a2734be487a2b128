# The mixed model where no two models share a seed: one random effect for the run (R 4.2, lmerTest 3.1).
# Rscript tests/reference/runs.R > tests/reference/runs_expected.csv
suppressMessages(library(lmerTest))
options(contrasts = c("contr.sum", "contr.poly"))
data <- read.csv("tests/reference/scores.csv")
data <- subset(data, rate == "low" & pretune == "none" & (seed < 6) == (model == "hubert"))
data$seed <- factor(data$seed)
fit <- lmer(value ~ model * dataset + (1 | seed), data, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10)))
tests <- as.data.frame(anova(fit))
cat("effect,quantity,value\n")
for (effect in rownames(tests)) {
  name <- gsub(":", " x ", effect)
  cat(sprintf("%s,%s,%.12g\n", name, c("F", "df_error", "p"), unlist(tests[effect, c("F value", "DenDF", "Pr(>F)")])), sep = "")
}
variances <- as.data.frame(VarCorr(fit))
cat(sprintf("%s,variance,%.12g\n", c("seed = seed x model", "residual"), variances$vcov), sep = "")
runs <- aggregate(value ~ model + seed, data, mean)
cat(sprintf("run means,p,%.12g\n", t.test(value ~ model, runs, var.equal = TRUE)$p.value))
