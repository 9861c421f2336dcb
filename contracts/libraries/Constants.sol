// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Scales. A scaled value carries the scale in its name.
uint256 constant WAD = 1e18;
uint256 constant RAY = 1e27;
uint256 constant BPS = 1e4;
uint256 constant PERCENT = 100;
uint256 constant YEAR = 365 days;

// Prices are loan-asset wei per collateral wei, times this.
uint256 constant PRICE_SCALE = 1e36;

// Shares and assets that nobody owns. They set the first price to one asset for 1e6 shares and make it a million
// times dearer to move that price by a gift than the gift could earn.
uint256 constant VIRTUAL_SHARES = 1e6;
uint256 constant VIRTUAL_ASSETS = 1;

// Widths of the packed fields that more than one file has to know.
uint256 constant MAX_SHARES = type(uint112).max; // 5.2e9 tokens of 18 decimals at the first price
uint256 constant MAX_CASH = type(uint96).max; // 7.9e10 tokens of 18 decimals
uint256 constant MAX_DEBT_SHARES = type(uint96).max; // debt shares are at most the assets borrowed: the index is ≥ 1
uint256 constant MAX_COLLATERAL = type(uint112).max;
uint256 constant MAX_INDEX_WAD = (1 << 68) - 1; // a debt grows at most 295-fold; then the index stands still
uint256 constant MAX_FEE_UNITS = (1 << 45) - 1; // 3.5e13 units: 351,843 tokens pending; half of it triggers shares
uint256 constant MAX_CAP_TOKENS = (1 << 31) - 1; // 2.1e9 whole tokens

// Value products: collateral of one position times a price stays under this, so that a factor of 1e4 still fits.
uint256 constant MAX_VALUE = 1 << 240;
// And no price is above this, whatever the collateral.
uint256 constant MAX_PRICE = 1 << 191;

// Under this part of the first price (a thousandth) nothing mints: one wei must not make 1e50 shares.
uint256 constant PAR_FRACTION = 1000;

// The part of the gross assets (0.1%, as a divisor) up to which an uncovered shortfall leaves deposits open and a
// haircut leaves borrowing open: dust must not halt a market.
uint256 constant DUST_DIVISOR = 1000;

// Interest: the adaptive curve.
uint256 constant TARGET_UTILISATION_WAD = 0.9e18;
uint256 constant CURVE_STEEPNESS = 4; // at 100% four times the rate at target, at 0% a quarter
uint256 constant ADAPTATION_PER_SECOND_WAD = 50e18 / YEAR; // the rate at target moves by up to e^50 a year
uint256 constant MIN_RATE_AT_TARGET_WAD = 0.001e18 / YEAR; // 0.1% a year
uint256 constant MAX_RATE_AT_TARGET_WAD = 2e18 / YEAR; // 200% a year
uint256 constant MAX_FEE_PERCENT = 50; // reserve and fund together

// The oracle's gas: given in full or the call is refused, so that nobody can starve a feed to leave at an older price.
uint256 constant ORACLE_GAS = 300_000;

// Foreclosure.
uint256 constant FORECLOSURE_WAIT = 24 hours;
uint256 constant FORECLOSURE_DEADLINE = 48 hours;
uint256 constant ESTATE_PERIOD = 60 days;
// The estate's clock runs in 2^-32 seconds, so that mixing ages rounds away nothing.
uint256 constant ESTATE_CLOCK_BITS = 32;

// The insurance fund's book.
uint256 constant FUND_MIN_INDEX_RAY = 1e18; // a billionth of the start: nine digits move into the generation
uint256 constant FUND_GENERATION_STEP = 1e9; // what one generation divides units by
uint256 constant FUND_WIPE_GENERATIONS = 8; // 72 digits: units from before are void
uint256 constant FUND_MAX_INDEX_RAY = 1e30; // beyond, cooling units get coarse: what is withheld is the reserve's

// Governance.
uint256 constant PAUSE_PERIOD = 72 hours;
uint256 constant PAUSE_COOLDOWN = 7 days; // after the end of a pause
uint256 constant ORACLE_DELAY = 3 days;
uint256 constant SECONDS_PER_LTV_BP = 1 days / 100; // a lowered lltv falls by at most one percent point a day
uint256 constant MIN_WIND_DOWN_RAMP = 14 days;
uint256 constant MAX_RAMP = 365 days;
